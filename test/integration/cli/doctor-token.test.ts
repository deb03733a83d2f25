import { stat } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bridge, diagnose } from '../../support/doctor.ts';
import { startGateway } from '../../support/gateway.ts';
import { createFolder } from '../../support/program.ts';

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
    const judged = async (token: string) => (await diagnose(config, { token })).of('token').at(-1);
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
  }, 60_000);

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
});

/** The next character of base64url: of the last one, the lowest bits say nothing. */
function nextBits(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) + 1);
}
