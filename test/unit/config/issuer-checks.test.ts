import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { load, problemsOf } from './support.ts';

const SECRET = 'hZ3vTq8mW1xY6uRb0cKd4nLe7sGf2aPj';
const pemOf = (key: { export: (options: { type: 'spki'; format: 'pem' }) => string | Buffer }) =>
  String(key.export({ type: 'spki', format: 'pem' }));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');

/** A file whose only entry of auth.issuers is this; JSON is YAML. */
const withIssuers = (...issuers: object[]) => `auth: ${JSON.stringify({ mode: 'jwt', issuers })}`;
const HS = { algorithms: ['HS256'], secret: SECRET };

describe('auth.mode: jwt', () => {
  it.each([
    ['HS256 with a secret', HS],
    ['RS256 with a PEM key', { algorithms: ['RS256'], publicKey: pemOf(rsa.publicKey) }],
    [
      'EdDSA with a key set',
      { algorithms: ['EdDSA'], jwks: JSON.stringify({ keys: [ed.publicKey.export({ format: 'jwk' })] }) },
    ],
    ['ES256 with an address', { algorithms: ['ES256'], jwksUrl: 'https://issuer.example/jwks.json' }],
  ])('takes %s', async (_what, issuer) => {
    const { config, warnings } = await load(withIssuers(issuer));
    expect(config.auth.issuers).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('takes the issuers from the environment', async () => {
    const { config } = await load('auth: { mode: jwt }', { GATEWAY_AUTH_ISSUERS: JSON.stringify([HS]) });
    expect(config.auth.issuers[0]?.secret).toBe(SECRET);
  });

  it.each([
    [
      'A38: a short secret',
      { algorithms: ['HS256'], secret: 'geheim' },
      'issuers[0].secret: is shorter than 32 bytes',
    ],
    ['A38: one of 31 bytes', { algorithms: ['HS256'], secret: SECRET.slice(1) }, 'openssl rand -hex 32'],
    ['no key', { algorithms: ['HS256'] }, 'issuers[0]: must say how its tokens are verified'],
    [
      'two keys',
      { ...HS, jwksUrl: 'https://x.example/' },
      'issuers[0]: must have one of secret, jwksUrl, not 2',
    ],
    [
      'A27: RS256 with a secret',
      { algorithms: ['HS256', 'RS256'], secret: SECRET },
      'algorithms: has RS256, which a shared secret cannot verify',
    ],
    [
      'A27: HS256 with a public key',
      { algorithms: ['RS256', 'HS256'], publicKey: pemOf(rsa.publicKey) },
      'algorithms: has HS256, which takes a secret',
    ],
    [
      'A27: HS256 with an address',
      { algorithms: ['HS256'], jwksUrl: 'https://x.example/' },
      'algorithms: has HS256, which takes a secret',
    ],
    [
      'a key of another kind',
      { algorithms: ['ES256'], publicKey: pemOf(rsa.publicKey) },
      'publicKey: cannot check ES256',
    ],
    [
      'text that is no key',
      { algorithms: ['ES256'], publicKey: 'geheim' },
      'publicKey: is not a public key in PEM form',
    ],
    [
      'a private key',
      { algorithms: ['EdDSA'], publicKey: String(ed.privateKey.export({ type: 'pkcs8', format: 'pem' })) },
      'publicKey: is a private key',
    ],
    [
      'a key set that is no JSON',
      { algorithms: ['EdDSA'], jwks: 'geheim' },
      'jwks: is not a key set in JSON',
    ],
    [
      'a key set without a usable key',
      { algorithms: ['RS256'], jwks: JSON.stringify({ keys: [ed.publicKey.export({ format: 'jwk' })] }) },
      'jwks: has no public key for RS256',
    ],
    [
      'an address with a user',
      { algorithms: ['RS256'], jwksUrl: 'https://u:geheim@x.example/' },
      'jwksUrl: must be a plain address',
    ],
    ['a reserved name', { ...HS, issuer: 'jwt' }, 'issuer: must not be "jwt"'],
    [
      'a scope that fits no header',
      { ...HS, chatScope: 'chat"' },
      'chatScope: has characters or a form that is not allowed',
    ],
  ])('refuses %s', async (_what, issuer, message) => {
    const problems = await problemsOf(withIssuers(issuer));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toMatch(/^gateway\.yaml:1:\d+: auth\.issuers/);
    expect(problems[0]).not.toContain('heim');
  });

  it('refuses to work without issuers', async () => {
    const [problem] = await problemsOf('auth: { mode: jwt }');
    expect(problem).toContain('auth.issuers: must name whose tokens are taken');
  });

  it('refuses two entries for one issuer', async () => {
    const named = { ...HS, issuer: 'https://a.example' };
    expect((await problemsOf(withIssuers(named, HS, named)))[0]).toContain('issuers[2].issuer: is the same');
    expect((await problemsOf(withIssuers(HS, HS)))[0]).toContain('issuers[1].issuer: is the same');
    expect(await problemsOf(withIssuers(named, HS))).toEqual([]);
  });

  it.each([
    [
      '{ upstream: api }',
      'auth.service.upstream: names the upstream "api", which upstreams does not define; add upstreams.api',
    ],
    ['{ upstream: api, loginPath: //evil.example/ }', 'auth.service.loginPath: must be a plain path'],
    ['{ upstream: api, refreshPath: /a/../b }', 'auth.service.refreshPath: must be a plain path'],
    ['{ upstream: api, logoutPath: "/a?b" }', 'auth.service.logoutPath: must be a plain path'],
  ])('refuses service: %s', async (service, message) => {
    const upstreams = message.includes('upstream "api"')
      ? '{}'
      : '{ api: { targets: [http://127.0.0.1:8000] } }';
    const problems = await problemsOf(
      `upstreams: ${upstreams}\nauth: { mode: jwt, issuers: ${JSON.stringify([HS])}, service: ${service} }`,
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('A2: refuses the secret of a tutorial in production, and warns of it elsewhere', async () => {
    const tutorial = {
      algorithms: ['HS256'],
      secret: '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    };
    const { warnings } = await load(withIssuers(tutorial));
    expect(warnings.map(formatProblem)).toEqual([
      expect.stringContaining('a secret that stands in examples'),
    ]);
    const problems = await problemsOf(
      [
        'environment: production',
        'server: { publicUrl: "https://chat.example.com" }',
        'agent: { apiKey: sk-3NfVt8q }',
        withIssuers(tutorial),
      ].join('\n'),
    );
    expect(problems).toEqual([expect.stringContaining('a secret that stands in examples')]);
  });

  it('warns of keys that are fetched without TLS, and of issuers that nobody asks', async () => {
    const plain = { algorithms: ['RS256'], jwksUrl: 'http://issuer.example/jwks.json' };
    expect((await load(withIssuers(plain))).warnings.map(formatProblem)).toEqual([
      expect.stringContaining('is fetched without TLS'),
    ]);
    const idle = await load(`auth: { issuers: ${JSON.stringify([HS])} }`);
    expect(idle.warnings.map(formatProblem)).toEqual([
      expect.stringContaining('is not used while auth.mode is local'),
    ]);
  });
});

describe('A36: users of several issuers', () => {
  const two = withIssuers({ ...HS, issuer: 'https://a.example' }, { ...HS, issuer: 'https://b.example' });
  const behind = (chat: object, credentials = 'none', routes: readonly object[] = []) => {
    const targets = ['http://127.0.0.1:1'];
    const upstreams = { api: { targets, credentials }, unused: { targets } };
    const sections = Object.entries({ chat, upstreams, routes });
    return [two, ...sections.map(([key, value]) => `${key}: ${JSON.stringify(value)}`)].join('\n');
  };
  const bridge = (request: object) => ({ backend: 'bridge', bridge: { request } });
  const warningsOf = async (text: string) => (await load(text)).warnings.map(formatProblem);

  it.each([
    ['forward', { backend: 'forward' }, 'iss and sub'],
    ['none', { backend: 'forward' }, 'X-User-Issuer and X-User-Id'],
    ['none', bridge({ q: '{{message}}' }), 'X-User-Issuer and X-User-Id'],
  ])('a service with credentials %s is warned of', async (credentials, chat, advice) => {
    expect(await warningsOf(behind(chat, credentials))).toEqual([
      expect.stringMatching(new RegExp(`upstreams\\.api\\.credentials.*${advice}`)),
    ]);
  });

  it('a template that names the id alone is warned of, also with minted tokens', async () => {
    const text = behind(bridge({ q: '{{message}}', user: 'u-{{user_id}}' }), 'mint');
    expect(await warningsOf(text)).toEqual([
      expect.stringMatching(/chat\.bridge\.request.*use \{\{user_key\}\}/),
    ]);
  });

  it('a service that is told is not warned of, nor is one behind a single issuer', async () => {
    expect(await warningsOf(behind(bridge({ q: '{{message}}', user: '{{user_key}}' })))).toEqual([]);
    expect(await warningsOf(behind({ backend: 'forward' }, 'mint'))).toEqual([]);
    expect(await warningsOf(behind({ backend: 'agent' }, 'none'))).not.toContainEqual(
      expect.stringContaining('same id'),
    );
    const one = behind({ backend: 'forward' }).replace(two, withIssuers(HS));
    expect(await warningsOf(one)).toEqual([]);
  });

  it('a route is warned of, unless it is open', async () => {
    const route = { path: '/api/tasks', upstream: 'unused' };
    expect(await warningsOf(behind({ backend: 'agent' }, 'none', [route]))).toEqual([
      expect.stringContaining('upstreams.unused.credentials'),
    ]);
    const open = { ...route, auth: 'none' };
    expect(await warningsOf(behind({ backend: 'agent' }, 'none', [open]))).toEqual([]);
  });
});
