import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { readBody, readJsonBytes, type BodyOptions } from '../../../src/http/body.ts';
import { createProblemRenderer, renderProblem } from '../../../src/http/problem.ts';
import { BodyBudget } from '../../../src/http/body-budget.ts';
import { createContextOpener, createRequestContext } from '../../../src/http/request-context.ts';

const logger = pino({ enabled: false });
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function throughExpress(options: BodyOptions): RequestListener {
  const app = express();
  app.use(createRequestContext({ logger }));
  app.post('/', ...readJsonBytes(options), (req, res) => {
    res.end(req.body as Uint8Array);
  });
  app.use(createProblemRenderer());
  return app;
}

function withoutExpress(options: BodyOptions): RequestListener {
  const open = createContextOpener({ logger });
  return (req, res) => {
    open(req, res, { holdHeaders: true });
    readBody(req, res, options).then(
      (body) => res.end(body),
      (error: unknown) => renderProblem(res, error),
    );
  };
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

interface Sending {
  readonly sent: ClientRequest;
  readonly answer: Promise<IncomingMessage>;
}

/** A request with a body of which only this is sent. */
function begin(port: number, length: number | undefined, first: string): Sending {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = {
    'Content-Type': 'application/json',
    ...(length !== undefined && { 'Content-Length': length }),
  };
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false });
  sent.on('response', (response) => {
    response.resume();
    resolve(response);
  });
  sent.on('error', reject);
  promise.catch(() => undefined);
  sent.write(first);
  return { sent, answer: promise };
}

const SIDES = [
  ['with Express', throughExpress],
  ['without Express', withoutExpress],
] as const;

describe.each(SIDES)('%s', (_name, create) => {
  it('A49: a body that takes too long is a 408, and its connection is closed', async () => {
    const port = await listen(create({ limitBytes: 1_000, deadlineMs: 200, idleMs: 100 }));
    const slow = begin(port, 1_000, '{"a"');
    const drip = setInterval(() => slow.sent.write(' '), 20);
    try {
      const { statusCode, headers } = await slow.answer;
      expect([statusCode, headers.connection]).toEqual([408, 'close']);
    } finally {
      clearInterval(drip);
    }
    const whole = begin(port, 10, '{"a":');
    whole.sent.end('1234}');
    expect((await whole.answer).statusCode).toBe(200);
  });

  it('A49: a body that stops coming is a 408 long before its deadline', async () => {
    const port = await listen(create({ limitBytes: 1_000, deadlineMs: 600_000, idleMs: 100 }));
    expect((await begin(port, 10, '{"a"').answer).statusCode).toBe(408);
  });

  it('A49: a body that is announced as too large is a 413 before it comes', async () => {
    const port = await listen(create({ limitBytes: 1_000 }));
    expect((await begin(port, 1_001, '{').answer).statusCode).toBe(413);
  });

  it('A49: a body that becomes too large is a 413 before its end', async () => {
    const port = await listen(create({ limitBytes: 1_000 }));
    expect((await begin(port, undefined, ' '.repeat(1_001)).answer).statusCode).toBe(413);
  });

  it('S9: one caller has four of the largest bodies on their way at most', async () => {
    const limitBytes = 100_000;
    const budget = new BodyBudget();
    const port = await listen(create({ limitBytes, budget }));
    const open = Array.from({ length: 4 }, () => begin(port, limitBytes, '{'));
    await expect.poll(() => budget.bytesInUse).toBe(4 * limitBytes);
    const { statusCode, headers } = await begin(port, limitBytes, '{').answer;
    expect([statusCode, headers['retry-after']]).toEqual([429, '2']);
    const small = begin(port, 10, '{"a":');
    small.sent.end('1234}');
    expect((await small.answer).statusCode).toBe(200);
    open[0]?.sent.end(' '.repeat(limitBytes - 1));
    expect((await open[0]?.answer)?.statusCode).toBe(200);
    for (const { sent } of open) sent.destroy();
    await expect.poll(() => budget.bytesInUse).toBe(0);
  });

  it('S9: large bodies without a length are counted as they come, and all callers together are bounded', async () => {
    const budget = new BodyBudget(150_000);
    const port = await listen(create({ limitBytes: 100_000, budget }));
    const first = begin(port, undefined, ' '.repeat(90_000));
    await expect.poll(() => budget.bytesInUse).toBe(90_000);
    const { statusCode, headers } = await begin(port, undefined, ' '.repeat(90_000)).answer;
    expect([statusCode, headers['retry-after']]).toEqual([503, '2']);
    first.sent.end();
    expect((await first.answer).statusCode).toBe(200);
    expect(budget.bytesInUse).toBe(0);
  });
});
