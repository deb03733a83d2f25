import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const get = (path: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { redirect: 'manual', ...init });

describe('the page at /docs', () => {
  it('is where the root leads', async () => {
    const start = await get('/');
    expect([start.status, start.headers.get('location')]).toEqual([302, '/docs']);
  });

  it('loads nothing from elsewhere, and its policy would not let it', async () => {
    const page = await get('/docs');
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
    expect(loaded.length).toBeGreaterThan(3);
    expect(
      loaded.filter((address) => !/^(\/docs\/assets\/|\/openapi\.yaml$|data:image\/)/.test(address)),
    ).toEqual([]);
    expect(html).not.toMatch(/<script(?! src=)|<style|\son\w+=/);
    const policy = Object.fromEntries(
      (page.headers.get('content-security-policy') ?? '').split('; ').map((part) => {
        const [name = '', ...sources] = part.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
  });

  it.each([
    ['/docs/assets/swagger-ui.css', 'text/css'],
    ['/docs/assets/page.css', 'text/css'],
    ['/docs/assets/swagger-ui-bundle.js', 'javascript'],
    ['/docs/assets/page.js', 'javascript'],
  ])('%s is there', async (path, type) => {
    const asset = await get(path);
    expect(asset.status).toBe(200);
    expect(asset.headers.get('content-type')).toContain(type);
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
    const text = await asset.text();
    if (type === 'javascript') expect(() => new Script(text)).not.toThrow();
  });

  it('has no other files, and takes no other methods', async () => {
    for (const path of ['/docs/assets/', '/docs/assets/package.json', '/docs/assets/../docs.js', '/docs/x']) {
      expect((await get(path)).status, path).toBe(404);
    }
    const refused = await get('/docs', { method: 'POST' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await get('/openapi.yaml', { method: 'HEAD' })).status).toBe(200);
  });
});
