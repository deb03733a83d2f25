import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { readAnnouncedBody, readJsonBytes } from '../../../src/http/body.ts';
import { createProblemRenderer, renderProblem } from '../../../src/http/problem.ts';
import { createContextOpener, createRequestContext } from '../../../src/http/request-context.ts';

const logger = pino({ enabled: false });
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function throughExpress(): RequestListener {
  const app = express();
  app.use(createRequestContext({ logger }));
  app.post('/', ...readJsonBytes({ limitBytes: 1_000, deadlineMs: 100 }), (req, res) => {
    res.end(req.body as Uint8Array);
  });
  app.use(createProblemRenderer());
  return app;
}

function withoutExpress(): RequestListener {
  const open = createContextOpener({ logger });
  return (req, res) => {
    open(req, res, { holdHeaders: true });
    readAnnouncedBody(req, 100).then(
      (body) => res.end(body),
      (error: unknown) => renderProblem(res, error),
    );
  };
}

it.each([
  ['with Express', throughExpress],
  ['without Express', withoutExpress],
])(
  'A49: a JSON body that takes too long is a 408, and its connection is closed (%s)',
  async (_name, create) => {
    const server = createServer(create()).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const send = (chunks: readonly string[], end: boolean) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json', 'Content-Length': 10 };
        const sent = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false }, resolve);
        sent.on('error', reject);
        for (const chunk of chunks) sent.write(chunk);
        if (end) sent.end();
      });
    const slow = await send(['{"a"'], false);
    expect([slow.statusCode, slow.headers.connection]).toEqual([408, 'close']);
    const whole = await send(['{"a":', '1234}'], true);
    expect(whole.statusCode).toBe(200);
  },
);
