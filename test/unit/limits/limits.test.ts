import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toUserKey } from '../../../src/auth/principal.ts';
import { createProblemRenderer } from '../../../src/http/problem.ts';
import { createRequestContext, requestContext } from '../../../src/http/request-context.ts';
import { addressOf, createLimits } from '../../../src/limits/limits.ts';

const POLICY = { limit: 3, windowSeconds: 60 };
const policies = {
  chat: POLICY,
  runs: { ...POLICY, limit: 1 },
  signInAddress: POLICY,
  signInAccount: POLICY,
};
const logger = pino({ enabled: false });

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listen(build: (app: Express) => void, trustProxy: string[] = []): Promise<string> {
  const app = express();
  app.set('trust proxy', trustProxy);
  app.use(createRequestContext({ logger }));
  build(app);
  app.use(createProblemRenderer());
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function create() {
  const rateLimited = vi.fn();
  return { limits: createLimits({ policies, events: { rateLimited }, logger }), rateLimited };
}

const asUser: RequestHandler = (req, res, next) => {
  const subject = req.get('x-test-user') ?? 'ada';
  requestContext(res).principal = {
    issuer: 'test',
    subject,
    scopes: [],
    claims: {},
    userKey: toUserKey('test', subject),
  };
  next();
};
const ok: RequestHandler = (_req, res) => void res.send('ok');

describe('limits of a user', () => {
  it('show what is left on every answer, and refuse with a problem and a time to come back', async () => {
    const { limits, rateLimited } = create();
    const url = await listen((app) => app.get('/', asUser, limits.chat.middleware, ok));
    for (const left of [2, 1, 0]) {
      const { status, headers } = await fetch(url);
      expect(status).toBe(200);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"chat"; r=${left}; t=\\d+$`));
      expect(headers.get('ratelimit-policy')).toMatch(/^"chat"; q=3; w=60; pk=:[\w+/=]+:$/);
      expect(headers.get('retry-after')).toBeNull();
    }
    const refused = await fetch(url);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.headers.get('retry-after')).toMatch(/^[1-6]?\d$/);
    expect(refused.headers.get('ratelimit')).toMatch(/^"chat"; r=0; t=\d+$/);
    expect(await refused.json()).toMatchObject({
      code: 'rate-limited',
      detail: expect.stringMatching(/^Try again in \d+ seconds\.$/),
    });
    expect(rateLimited.mock.calls.map(([, policy]: unknown[]) => policy)).toEqual(['chat']);
    const other = await fetch(url, { headers: { 'x-test-user': 'bob' } });
    expect(other.status).toBe(200);
    expect(JSON.stringify([...other.headers])).not.toContain('bob');
  });

  it('are counted by a handler too, once it knows what is asked', async () => {
    const { limits } = create();
    const url = await listen((app) =>
      app.post('/', asUser, limits.chat.middleware, async (_req, res) => {
        await limits.runs.consume(_req, res);
        res.send('ok');
      }),
    );
    const first = await fetch(url, { method: 'POST' });
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit')).toMatch(/^"chat"; r=2; t=\d+, "runs"; r=0; t=\d+$/);
    expect((await fetch(url, { method: 'POST' })).status).toBe(429);
  });

  it('let exactly as many of a burst through as they may', async () => {
    const { limits } = create();
    const url = await listen((app) => app.get('/', asUser, limits.chat.middleware, ok));
    const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await fetch(url)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(27);
  });

  it('refuse a request without a principal', async () => {
    const { limits } = create();
    const url = await listen((app) => app.get('/', limits.chat.middleware, ok));
    expect((await fetch(url)).status).toBe(401);
  });

  it('begin again when the window is over', async () => {
    const { limits } = create();
    const url = await listen((app) => app.get('/', asUser, limits.runs.middleware, ok));
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url)).status).toBe(429);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 });
    try {
      expect((await fetch(url)).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a hit that does not count', () => {
  it('is taken back when the answer says so', async () => {
    const { limits } = create();
    const url = await listen((app) =>
      app.get('/:status', async (req, res) => {
        await limits.signInAccount.consume(req, res, {
          key: 'account',
          refundWhen: ({ statusCode }) => statusCode !== 401,
        });
        res.sendStatus(Number(req.params['status']));
      }),
    );
    const ask = async (status: number) => (await fetch(`${url}/${status}`)).status;
    for (let turn = 0; turn < 10; turn += 1) {
      await expect.poll(() => ask(200)).toBe(200);
    }
    await expect.poll(() => ask(401)).toBe(429);
  });
});

describe('limits of an address', () => {
  const start = async (trustProxy: string[] = []) => {
    const { limits } = create();
    return listen((app) => app.get('/', limits.signInAddress.middleware, ok), trustProxy);
  };
  const statusFor = async (url: string, forwardedFor: string) =>
    (await fetch(url, { headers: { 'x-forwarded-for': forwardedFor } })).status;

  it('A53: a rotating X-Forwarded-For of nobody’s proxy changes nothing', async () => {
    const url = await start();
    const statuses = [];
    for (let last = 1; last <= 5; last += 1) statuses.push(await statusFor(url, `203.0.113.${last}`));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('A53: an address that the client puts before the proxy’s own changes nothing', async () => {
    const url = await start(['127.0.0.1']);
    const statuses = [];
    for (let last = 1; last <= 5; last += 1)
      statuses.push(await statusFor(url, `203.0.113.${last}, 198.51.100.9`));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await statusFor(url, '198.51.100.10')).toBe(200);
  });

  it('A53: a walk through an IPv6 /56 stays in one bucket, its neighbour has another', async () => {
    const url = await start(['127.0.0.1']);
    const walk = [
      '2001:db8:0:1::1',
      '2001:db8:0:2::1',
      '2001:db8:0:ff:ffff::1',
      '2001:db8::9',
      '2001:db8:0:77::',
    ];
    const statuses = [];
    for (const address of walk) statuses.push(await statusFor(url, address));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await statusFor(url, '2001:db8:0:100::1')).toBe(200);
  });

  it('A53: an IPv4 address in IPv6 notation is the IPv4 address', () => {
    const of = (ip: string) => addressOf({ ip } as Parameters<typeof addressOf>[0]);
    expect(of('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(of('192.0.2.1')).toBe('192.0.2.1');
  });
});
