import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';

function createCapture() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const logger = createLogger({ level: 'info', format: 'json' }, { write });
  return { logger, text: () => lines.join('') };
}

describe('logger', () => {
  it('A56: hides secrets at any depth and leaves the object itself alone', () => {
    const { logger, text } = createCapture();
    const facts = {
      userId: 'usr_1',
      request: { headers: { Authorization: 'Bearer xyzzy' }, items: [{ password: 'xyzzy' }] },
    };
    logger.info(facts, 'request');
    logger
      .child({ requestId: 'r1' })
      .info({ refresh_token: 'xyzzy', apiKey: 'xyzzy', message: { content: 'xyzzy' } });
    expect(text()).not.toContain('xyzzy');
    expect(text()).toContain('[redacted]');
    expect(text()).toContain('usr_1');
    expect(facts.request.headers.Authorization).toBe('Bearer xyzzy');
  });

  it('A56: hides what an error carries along', () => {
    const { logger, text } = createCapture();
    const cause = Object.assign(new Error('401 from the model'), {
      headers: { authorization: 'Bearer xyzzy' },
    });
    logger.error({ err: new Error('the reply failed', { cause }) }, 'failed');
    logger.error({ err: cause }, 'failed');
    expect(text()).not.toContain('xyzzy');
    expect(text()).toContain('401 from the model');
    expect(text()).toContain('logger.test.ts');
  });

  it('gives up on what is nested too deep, or within itself', () => {
    const { logger, text } = createCapture();
    const loop: Record<string, unknown> = { password: 'xyzzy' };
    loop['self'] = loop;
    logger.info({ loop });
    expect(text()).not.toContain('xyzzy');
  });
});
