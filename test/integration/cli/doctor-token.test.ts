import { generateKeyPairSync } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tokenCheck } from '../../../src/cli/doctor/checks/token.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { bridge, diagnose } from '../../support/doctor.ts';
import { startGateway } from '../../support/gateway.ts';
import { startHostileUpstream } from '../../support/hostile-upstream.ts';
import { createFolder } from '../../support/program.ts';
import { startTasksService } from '../../support/tasks-service.ts';

describe('doctor, of a token', () => {
  it('takes and refuses a token just as the gateway does, and says why in plain words', async () => {
    const secret = 'a secret of the tests that is long enough';
    const issuer = { algorithms: ['HS256', 'HS512'], secret, issuer: 'https://a.test', chatScope: 'chat' };
    const config = {
      ...bridge('http://127.0.0.1:1'),
      auth: { mode: 'jwt', issuers: [{ ...issuer, require: { type: 'access' } }] },
    };
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: 'https://a.test', sub: '7', type: 'access', iat: now, exp: now + 600 };
    const sign = (claims: object, header: object = {}) =>
      new SignJWT({ ...good, ...claims })
        .setProtectedHeader({ alg: 'HS256', ...header })
        .sign(Buffer.from(secret));
    const parsed = configSchema.parse(config);
    const judged = async (token: string) => {
      return (await tokenCheck.run({ config: parsed, givenToken: token, token })).at(-1);
    };
    const refusals: readonly (readonly [string, object, object?])[] = [
      ['does not end|must end', { exp: undefined }],
      ['must end.*its exp is null', { exp: undefined }],
      ['it expired 10 minutes ago', { exp: now - 600 }],
      ['from the future.*its iat is', { iat: now + 900, exp: now + 1_200 }],
      ['not valid yet', { nbf: now + 900 }],
      ['its iss is none of the issuers there: its iss is "https://b.test"', { iss: 'https://b.test' }],
      ['claim type is not as require wants it: its type is "refresh"', { type: 'refresh' }],
      ['no claim sub', { sub: undefined }],
      ['cannot name a user.*its sub is 7', { sub: 7 }],
      ['algorithm is not one of', {}, { alg: 'HS384' }],
      ['not an access token', {}, { typ: 'logout+jwt' }],
    ];
    expect(await judged(await sign({}))).toMatchObject({
      status: 'ok',
      seen: expect.stringMatching(/^the gateway takes it \(HS256\), for (9|10) more minutes$/),
    });
    for (const [seen, claims, header] of refusals) {
      expect(await judged(await sign(claims, header)), seen).toMatchObject({
        status: 'fail',
        seen: expect.stringMatching(new RegExp(seen)),
      });
    }
    // A signature with bits that decoding drops: the gateway takes one spelling of a token only.
    const token = await sign({});
    expect((await judged(`${token.slice(0, -1)}${nextBits(token.at(-1) ?? '')}`))?.seen).toMatch('malformed');
  });

  it('does not take a token of the gateway whose session has ended, and makes no key', async () => {
    const gateway = await startGateway();
    onTestFinished(() => gateway.stop());
    const { token } = await gateway.signIn();
    const { store } = gateway.context;
    const { config } = gateway.context;
    const seen = async (given = token) => (await diagnose(config, { token: given })).of('token').at(-1);
    expect(await seen()).toMatchObject({ status: 'ok' });
    const { sid } = decodeJwt(token);
    await store.sessions.revokeSession(String(sid), new Date());
    expect(await seen()).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('session has ended'),
    });
    const folder = await createFolder();
    const keyFile = path.join(folder, 'none.json');
    const elsewhere = { ...config, auth: { local: { keyFile } } };
    expect((await diagnose(elsewhere, { token })).of('token').at(-1)).toMatchObject({ status: 'skipped' });
    await expect(stat(keyFile)).rejects.toThrow('ENOENT');
  });

  it('sees what is wrong with a key set, as the gateway would', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const answers = { keys: JSON.stringify({ keys: [weak] }) };
    await using upstream = await startHostileUpstream({
      behaviours: { '/jwks': () => ({ kind: 'json', value: JSON.parse(answers.keys) as unknown }) },
    });
    const config = (algorithm: string, place = '/jwks') => ({
      ...bridge('http://127.0.0.1:1'),
      auth: { mode: 'jwt', issuers: [{ algorithms: [algorithm], jwksUrl: `${upstream.url}${place}` }] },
    });
    const seen = async (given: object) => (await diagnose(given)).of('issuer-keys')[0];
    expect(await seen(config('RS256'))).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('has no public key for RS256') as string,
    });
    expect(await seen(config('RS256', '/nothing'))).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('answered 404') as string,
    });
    const { publicKey } = generateKeyPairSync('ed25519');
    answers.keys = JSON.stringify({ keys: [weak, publicKey.export({ format: 'jwk' })] });
    expect(await seen(config('EdDSA'))).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('1 keys at') as string,
    });
  });

  it('asks a service that takes minted tokens with one of them', async () => {
    const gateway = await startGateway({
      config: {
        upstreams: {
          api: { targets: ['http://127.0.0.1:1'], credentials: 'mint', mint: { audience: 'tasks' } },
        },
      },
    });
    onTestFinished(() => gateway.stop());
    const { config } = gateway.context;
    await using service = await startTasksService({
      env: {
        TASKS_GATEWAY_JWKS_URL: `${gateway.url}/.well-known/jwks.json`,
        TASKS_GATEWAY_ISSUER: config.auth.local.issuer,
        TASKS_GATEWAY_AUDIENCE: 'tasks',
      },
    });
    const { upstreams, chat } = bridge(service.url);
    const api = { ...upstreams.api, credentials: 'mint', mint: { audience: 'tasks' } };
    const args = ['--message', 'count to 10 every 50 ms'];
    const found = await diagnose({ ...config, chat, upstreams: { api } }, { args });
    expect(found.of('chat-endpoint')).toMatchObject([{ status: 'ok' }]);
    expect(found.of('service-streaming')).toMatchObject([{ status: 'ok' }]);
    const forward = { backend: 'forward', forward: { path: '/chatkit' } };
    const chatkit = await diagnose({ ...config, chat: forward, upstreams: { api } });
    expect(chatkit.of('chat-endpoint')).toMatchObject([{ status: 'ok' }]);
    const wrong = { ...api, mint: { audience: 'others' } };
    const refused = await diagnose({ ...config, chat: forward, upstreams: { api: wrong } });
    expect(refused.of('chat-endpoint')).toMatchObject([
      {
        status: 'fail',
        seen: expect.stringContaining('refuses what the gateway would send (401)') as string,
      },
    ]);
  });
});

/** The next character of base64url: of the last one, the lowest bits say nothing. */
function nextBits(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) + 1);
}
