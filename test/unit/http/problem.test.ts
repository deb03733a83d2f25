import express, { type RequestHandler } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors/gateway-error.ts';
import { createInstrument } from '../../../src/http/instrument.ts';
import { createProblemRenderer, methodNotAllowed, notFound } from '../../../src/http/problem.ts';
import { createRequestContext } from '../../../src/http/request-context.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';

function createPipeline(handler: RequestHandler) {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const metrics = createMetrics();
  const app = express();
  app.use(createRequestContext({ logger }), createInstrument({ metrics }));
  app.route('/things/:id').get(handler).all(methodNotAllowed('GET'));
  app.use(notFound, createProblemRenderer());
  return { app, metrics, log: () => lines.join('') };
}

describe('problems', () => {
  it('A60: an error that nobody foresaw is a 500 that tells nothing, and its cause is in the log', async () => {
    const { app, log } = createPipeline(() => {
      throw new Error('SELECT secret FROM users at /srv/app.ts');
    });
    const response = await request(app).get('/things/1');
    expect(response.status).toBe(500);
    expect(response.type).toBe('application/problem+json');
    expect(response.body).toEqual({
      type: 'urn:chatkit-gateway:problem:internal',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal',
      request_id: response.headers['x-request-id'],
    });
    expect(log()).toContain('SELECT secret');
  });

  it('A60: a detail of a 5xx stays inside, one of a 4xx is told', async () => {
    const inside = createPipeline(() => {
      throw new GatewayError('upstream-failed', { detail: '10.0.0.7 refused' });
    });
    expect((await request(inside.app).get('/things/1')).text).not.toContain('10.0.0.7');
    const told = createPipeline(() => {
      throw new GatewayError('invalid-request', { problems: [{ pointer: '/a', detail: 'must be a text' }] });
    });
    expect((await request(told.app).get('/things/1')).body).toMatchObject({
      errors: [{ pointer: '/a', detail: 'must be a text' }],
    });
  });

  it('takes a request id that is safe to log, and makes one instead of any other', async () => {
    const { app } = createPipeline((_req, res) => void res.json({}));
    const ask = (id: string) => request(app).get('/things/1').set('X-Request-Id', id);
    expect((await ask('trace-4711')).headers['x-request-id']).toBe('trace-4711');
    expect((await ask('a b')).headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect((await ask('x'.repeat(500))).headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('A57: requests are counted by route template, whatever is asked for', async () => {
    const { app, metrics } = createPipeline((_req, res) => void res.json({}));
    await request(app).get('/things/secret-1');
    await request(app).post('/things/secret-2');
    await request(app).get('/nothing/secret-3');
    const text = await metrics.registry.metrics();
    expect(text).toContain('gateway_http_requests_total{method="GET",route="/things/:id",status="200"} 1');
    expect(text).toContain('gateway_http_requests_total{method="POST",route="/things/:id",status="405"} 1');
    expect(text).toContain('gateway_http_requests_total{method="GET",route="unmatched",status="404"} 1');
    expect(text).not.toContain('secret');
  });

  it('A14: says which methods a path has', async () => {
    const { app } = createPipeline((_req, res) => void res.json({}));
    const response = await request(app).delete('/things/1');
    expect([response.status, response.headers['allow']]).toEqual([405, 'GET']);
  });
});
