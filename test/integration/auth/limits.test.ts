import { afterEach, describe, expect, it } from 'vitest';
import { PASSWORD, startGateway, toTokens, type TestGateway } from './support.ts';

let gateway: TestGateway;
afterEach(() => gateway[Symbol.asyncDispose]());

const login = async (email: string, password: string, from?: string) => {
  const headers = from === undefined ? {} : { 'x-forwarded-for': from };
  return gateway.post('/api/auth/login', { email, password }, headers);
};
const statusOf = async (...attempt: Parameters<typeof login>) => (await login(...attempt)).status;
const POLICY = { limit: 3, windowSeconds: 300 };

async function start(policies: Parameters<typeof startGateway>[0] & object) {
  gateway = await startGateway(policies);
  await gateway.addUser();
}

describe('sign-in attempts on one account', () => {
  const options = { policies: { signInAccount: POLICY }, trustProxy: ['127.0.0.1'] };

  it('are bounded, from however many addresses they come, whether or not the account exists', async () => {
    await start(options);
    for (const email of ['ada@example.com', 'nobody@example.com']) {
      const statuses = [];
      for (let last = 1; last <= 6; last += 1) {
        statuses.push(
          await statusOf(last % 2 === 0 ? email : email.toUpperCase(), 'wrong', `203.0.113.${last}`),
        );
      }
      expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    }
    const refused = await login('ada@example.com', PASSWORD, '203.0.113.77');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited' });
    const limited = (await gateway.metrics.signIns.get()).values.find(
      ({ labels }) => labels.outcome === 'limited',
    );
    expect(limited?.value).toBe(7);
  });

  it('cannot slip through together', async () => {
    await start(options);
    const statuses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => statusOf('ada@example.com', `guess ${index}`, '203.0.113.1')),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(27);
  });

  it('do not lock the owner out where the owner has signed in before', async () => {
    await start(options);
    expect(await statusOf('ada@example.com', PASSWORD, '192.0.2.1')).toBe(200);
    for (let last = 1; last <= 6; last += 1) await login('ada@example.com', 'wrong', `203.0.113.${last}`);
    expect(await statusOf('ada@example.com', PASSWORD, '203.0.113.9')).toBe(429);
    expect(await statusOf('ada@example.com', PASSWORD, '192.0.2.1')).toBe(200);
    const guesses = [];
    for (let turn = 0; turn < 5; turn += 1)
      guesses.push(await statusOf('ada@example.com', 'wrong', '192.0.2.1'));
    expect(guesses).toEqual([401, 401, 401, 429, 429]);
  });

  it('do not count when they succeed', async () => {
    await start(options);
    for (let turn = 0; turn < 8; turn += 1) {
      await expect.poll(() => statusOf('ada@example.com', PASSWORD, '192.0.2.1')).toBe(200);
    }
  });
});

describe('attempts from one address', () => {
  it('A53: are bounded for a rotating X-Forwarded-For, before anything is hashed', async () => {
    await start({ policies: { signInAddress: POLICY } });
    gateway.derive.mockClear();
    const statuses = [];
    for (let last = 1; last <= 6; last += 1) {
      statuses.push(await statusOf(`user${last}@example.com`, 'wrong', `203.0.113.${last}`));
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expect(gateway.derive).toHaveBeenCalledTimes(3);
  });

  it('A53: are bounded for a walk through an IPv6 /56 behind a trusted proxy', async () => {
    await start({ policies: { signInAddress: POLICY }, trustProxy: ['127.0.0.1'] });
    const statuses = [];
    for (let last = 1; last <= 5; last += 1) {
      statuses.push(await statusOf(`user${last}@example.com`, 'wrong', `2001:db8:0:${last}${last}::${last}`));
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(await statusOf('ada@example.com', PASSWORD, '2001:db8:1::1')).toBe(200);
  });

  it('count refreshes that fail, and not those of an office full of people', async () => {
    await start({ policies: { signInAddress: POLICY } });
    let { refresh_token } = await gateway.signIn();
    for (let turn = 0; turn < 8; turn += 1) {
      const response = await gateway.refresh(refresh_token);
      expect(response.status).toBe(200);
      ({ refresh_token } = await toTokens(response));
    }
    const failing = async () => (await gateway.refresh('nonsense')).status;
    await expect.poll(failing).toBe(429);
    const refused = await gateway.refresh('nonsense');
    expect(refused.headers.get('ratelimit')).toMatch(/^"signInAddress"; r=0; t=\d+$/);
  });
});
