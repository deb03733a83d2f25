import { afterEach, describe, expect, it } from 'vitest';
import { PASSWORD, startGateway, toTokens, type GatewayOptions, type TestGateway } from './support.ts';

let gateway: TestGateway;
const start = async (options?: GatewayOptions) => {
  gateway = await startGateway(options);
  await gateway.addUser();
};
afterEach(() => gateway[Symbol.asyncDispose]());

const statusOf = async (accessToken: string) => (await gateway.get('/api/me', accessToken)).status;

describe('refresh', () => {
  it('gives a new pair for the same user, and the next one another', async () => {
    await start();
    let tokens = await gateway.signIn();
    const seen = new Set([tokens.refresh_token]);
    for (let turn = 0; turn < 5; turn += 1) {
      gateway.time.offsetMs += 60_000;
      const response = await gateway.refresh(tokens.refresh_token);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      tokens = await toTokens(response);
      seen.add(tokens.refresh_token);
      expect(tokens.user.email).toBe('ada@example.com');
      expect(await statusOf(tokens.access_token)).toBe(200);
    }
    expect(seen.size).toBe(6);
  });

  it('A24: a spent refresh token that comes again ends its family, and the log says so', async () => {
    await start();
    const first = await gateway.signIn();
    const second = await toTokens(await gateway.refresh(first.refresh_token));
    const bystander = await gateway.signIn();
    expect(await statusOf(second.access_token)).toBe(200);
    gateway.time.offsetMs += 11_000;
    const reused = await gateway.refresh(first.refresh_token);
    expect(reused.status).toBe(401);
    expect(await reused.json()).toMatchObject({ code: 'invalid-refresh-token' });
    expect((await gateway.refresh(second.refresh_token)).status).toBe(401);
    expect(await statusOf(first.access_token)).toBe(401);
    expect(await statusOf(second.access_token)).toBe(401);
    expect(await statusOf(bystander.access_token)).toBe(200);
    const events = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const alarms = events.filter(({ event }) => event === 'refresh-token-reused');
    expect(alarms).toEqual([
      expect.objectContaining({ level: 40, security: true, sessionId: expect.stringMatching(/^ses_/) }),
    ]);
  });

  it('A24: takes a spent token again within the grace, for a client whose answer was lost', async () => {
    await start();
    const { refresh_token } = await gateway.signIn();
    const lost = await toTokens(await gateway.refresh(refresh_token));
    gateway.time.offsetMs += 9_000;
    const again = await gateway.refresh(refresh_token);
    expect(again.status).toBe(200);
    const tokens = await toTokens(again);
    expect(tokens.refresh_token).not.toBe(lost.refresh_token);
    expect(await statusOf(tokens.access_token)).toBe(200);
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('A24: without a grace every second use is one too many', async () => {
    await start({ local: { refreshGraceSeconds: 0 } });
    const { refresh_token } = await gateway.signIn();
    expect((await gateway.refresh(refresh_token)).status).toBe(200);
    expect((await gateway.refresh(refresh_token)).status).toBe(401);
  });

  it('A21: 50 tabs that refresh with one token at once all go on', async () => {
    await start();
    const { refresh_token } = await gateway.signIn();
    const responses = await Promise.all(Array.from({ length: 50 }, () => gateway.refresh(refresh_token)));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    const tokens = await Promise.all(responses.map(toTokens));
    for (const { access_token } of tokens) expect(await statusOf(access_token)).toBe(200);
    gateway.time.offsetMs += 60_000;
    expect((await gateway.refresh(tokens[49]?.refresh_token ?? '')).status).toBe(200);
  });

  it('never reaches past the end of the session', async () => {
    await start({ local: { sessionSeconds: 900 } });
    let tokens = await gateway.signIn();
    gateway.time.offsetMs += 500_000;
    tokens = await toTokens(await gateway.refresh(tokens.refresh_token));
    expect(tokens.expires_in).toBeLessThanOrEqual(400);
    expect(tokens.expires_in).toBeGreaterThan(300);
    gateway.time.offsetMs += 401_000;
    const late = await gateway.refresh(tokens.refresh_token);
    expect(late.status).toBe(401);
    expect(await statusOf(tokens.access_token)).toBe(401);
  });

  it.each(['cgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'nonsense', "' or 1=1 --", '\u0000'])(
    'refuses a token that nobody was given: %j',
    async (token) => {
      await start();
      const response = await gateway.refresh(token);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'invalid-refresh-token' });
    },
  );

  it('A35: refuses an access token', async () => {
    await start();
    const { access_token } = await gateway.signIn();
    const response = await gateway.refresh(access_token.slice(0, 200));
    expect(response.status).toBe(401);
  });
});

describe('sign-out', () => {
  it('A6: by refresh token ends both tokens at once, also when asked twice', async () => {
    await start();
    const tokens = await gateway.signIn();
    expect(await statusOf(tokens.access_token)).toBe(200);
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await gateway.post('/api/auth/logout', { refresh_token: tokens.refresh_token });
      expect(response.status).toBe(204);
    }
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(401);
  });

  it('A6: by access token ends both tokens at once', async () => {
    await start();
    const tokens = await gateway.signIn();
    const other = await gateway.signIn();
    const authorization = { authorization: `Bearer ${tokens.access_token}` };
    expect((await gateway.post('/api/auth/logout', undefined, authorization)).status).toBe(204);
    expect((await gateway.post('/api/auth/logout', {}, authorization)).status).toBe(401);
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(401);
    expect(await statusOf(other.access_token)).toBe(200);
  });

  it('by a spent refresh token ends the family too', async () => {
    await start();
    const first = await gateway.signIn();
    const second = await toTokens(await gateway.refresh(first.refresh_token));
    await gateway.post('/api/auth/logout', { refresh_token: first.refresh_token });
    expect(await statusOf(second.access_token)).toBe(401);
  });

  it('of an unknown token is no error, of nobody is one', async () => {
    await start();
    expect((await gateway.post('/api/auth/logout', { refresh_token: 'unknown' })).status).toBe(204);
    const nobody = await gateway.post('/api/auth/logout');
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
    expect((await gateway.post('/api/auth/logout', {})).status).toBe(401);
    expect((await gateway.post('/api/auth/logout', { refresh_token: 7 })).status).toBe(400);
  });
});

describe('a session ends', () => {
  it('at once when its user is disabled, and stays ended when the user is enabled again', async () => {
    await start();
    const tokens = await gateway.signIn();
    expect(await statusOf(tokens.access_token)).toBe(200);
    await gateway.auth.users.disableUser('ada@example.com');
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(401);
    await gateway.auth.users.enableUser('ada@example.com');
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(401);
    await gateway.signIn();
  });

  it('within seconds when another process disabled its user', async () => {
    await start();
    const tokens = await gateway.signIn();
    expect(await statusOf(tokens.access_token)).toBe(200);
    await gateway.store.users.setDisabled(tokens.user.id, new Date().toISOString());
    gateway.time.offsetMs += 10_000;
    expect(await statusOf(tokens.access_token)).toBe(401);
  });

  it('when the password is changed, and the old password with it', async () => {
    await start();
    const tokens = await gateway.signIn();
    await gateway.auth.users.setPassword('ada@example.com', 'another password', AbortSignal.timeout(10_000));
    expect(await statusOf(tokens.access_token)).toBe(401);
    expect((await gateway.refresh(tokens.refresh_token)).status).toBe(401);
    const old = await gateway.post('/api/auth/login', { email: 'ada@example.com', password: PASSWORD });
    expect(old.status).toBe(401);
    await gateway.signIn('ada@example.com', 'another password');
  });

  it('for its access token when that has expired, until it is refreshed', async () => {
    await start();
    const tokens = await gateway.signIn();
    gateway.time.offsetMs += 601_000;
    const response = await gateway.get('/api/me', tokens.access_token);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ detail: 'The access token has expired.' });
    const next = await toTokens(await gateway.refresh(tokens.refresh_token));
    expect(await statusOf(next.access_token)).toBe(200);
  });
});

describe('the log', () => {
  it('A56: of a whole life of a session holds no token, no password and no address', async () => {
    await start();
    const first = await gateway.signIn();
    await gateway.post('/api/auth/login', { email: 'ada@example.com', password: 'wrong password' });
    await gateway.get('/api/auth/session', first.access_token);
    await gateway.get(`/api/me?access_token=${first.access_token}`, `${first.access_token}x`);
    const second = await toTokens(await gateway.refresh(first.refresh_token));
    gateway.time.offsetMs += 11_000;
    await gateway.refresh(first.refresh_token);
    await gateway.post('/api/auth/logout', { refresh_token: second.refresh_token });
    const text = gateway.log.join('');
    expect(text).toContain('sign-in succeeded');
    expect(text).toContain(first.user.id);
    for (const secret of [
      ...[first, second].flatMap((each) => [
        each.refresh_token,
        each.access_token,
        each.access_token.split('.')[2],
      ]),
      PASSWORD,
      'wrong password',
      'ada@example.com',
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});
