import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { load, problemsOf } from './support.ts';

const SAFE = [
  'environment: production',
  'server: { host: 0.0.0.0, publicUrl: "https://chat.example.com" }',
  'auth: { local: { demoUser: false } }',
  'store: { url: "postgres://gateway:3NfVt8q@db/gateway" }',
  'agent: { apiKey: sk-3NfVt8q }',
];

/** The safe file with some lines replaced. */
const production = (...changes: string[]) =>
  [
    ...SAFE.filter((line) => !changes.some((change) => change.split(':')[0] === line.split(':')[0])),
    ...changes,
  ].join('\n');

const warningsOf = async (text: string) => (await load(text)).warnings.map(formatProblem);

describe('checks over several keys', () => {
  it.each([
    ['server: { port: 8080, adminPort: 8080 }', 'server.adminPort: must differ from server.port (8080)'],
    ['server: { corsOrigins: ["*"] }', 'must name each origin'],
    ['server: { corsOrigins: ["https://a.example/"] }', 'did you mean https://a.example?'],
    ['server: { corsOrigins: ["https://A.example:443"] }', 'did you mean https://a.example?'],
    ['server: { corsOrigins: ["https://a.example/path"] }', 'must be a bare origin'],
    ['server: { corsOrigins: ["null"] }', 'must be an origin such as https://app.example.com'],
    ['server: { corsOrigins: ["file://x"] }', 'must be an origin such as https://app.example.com'],
    ['server: { trustProxy: [loadbalancer] }', 'server.trustProxy[0]: must be an IP address or a CIDR range'],
    ['server: { trustProxy: [0.0.0.0/0] }', 'server.trustProxy[0]: must not be every address'],
    ['server: { trustProxy: ["::/0"] }', 'must not be every address'],
    ['server: { trustProxy: ["fe80::1%eth0"] }', 'must be an IP address or a CIDR range'],
    ['server: { trustProxy: [10.0.0.0/33] }', 'must be an IP address or a CIDR range'],
    ['server: { trustProxy: [10.0.0.0/8/8] }', 'must be an IP address or a CIDR range'],
    ['server: { publicUrl: "https://u:geheim@x.example" }', 'server.publicUrl: must be a plain address'],
    [
      'chat: { backend: forward }',
      'names the upstream "api", which upstreams does not define; add upstreams.api',
    ],
    [
      'chat: { backend: forward, forward: { upstream: b } }\nupstreams: { c: { targets: [http://a] } }',
      'names the upstream "b", which upstreams does not define (it has c)',
    ],
    [
      'chat: { backend: forward, forward: { upstream: constructor } }',
      'names the upstream "constructor", which upstreams does not define',
    ],
    [
      'chat: { backend: forward, forward: { path: "/a/../b?c" } }\nupstreams: { api: { targets: [http://a] } }',
      'chat.forward.path: must be a plain path',
    ],
    ['upstreams: { api: { targets: ["http://u:geheim@a/"] } }', 'must be a plain address'],
    ['agent: { apiKey: "sk geheim" }', 'agent.apiKey: must not contain blanks or line breaks'],
    ['store: { url: "postgres://u:ge/heim@host:x/y" }', 'store.url: is not a valid address'],
    ['attachments: { store: s3 }', 'attachments.s3.bucket: must be set, because attachments.store is s3'],
    [
      'attachments: { store: s3, s3: { bucket: b, accessKeyId: geheim } }',
      'attachments.s3.secretAccessKey: must be set too',
    ],
    ['attachments: { maxBytesPerUser: 1000 }', 'must not be more than attachments.maxBytesPerUser (1000)'],
    ['attachments: { model: { maxTotalBytes: 1000 } }', 'not be more than attachments.model.maxTotalBytes'],
  ])('%s is refused everywhere', async (text, message) => {
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toMatch(/^gateway\.yaml:1:\d+: /);
    expect(problems[0]).not.toContain('heim');
  });

  it('accepts what is right', async () => {
    const text = [
      'server:',
      '  port: 0',
      '  adminPort: 0',
      '  corsOrigins: [https://a.example, "http://localhost:5173", "http://[::1]:3000"]',
      '  trustProxy: [10.0.0.0/8, "::1", "fc00::/7", 192.0.2.1]',
      'chat: { backend: forward }',
      'upstreams: { api: { targets: ["http://127.0.0.1:8000"], credentials: forward } }',
    ].join('\n');
    expect(await problemsOf(text)).toEqual([]);
    expect(await warningsOf(text)).toEqual([]);
  });

  it('does not follow from what is wrong by itself', async () => {
    expect(await problemsOf('chat: { backend: forward }\nupstreams: { api: { targets: [x] } }')).toEqual([
      'gateway.yaml:2:31: upstreams.api.targets[0]: must be an http:// or https:// address',
    ]);
    expect(await problemsOf(production('server: { publicUrl: chat.example.com }'))).toEqual([
      expect.stringContaining('server.publicUrl: must be an http:// or https:// address'),
    ]);
  });

  it('adds what else is wrong to what is wrong by itself', async () => {
    expect(await problemsOf('server: { port: 1, adminPort: 1 }\nlog: { level: loud }')).toHaveLength(2);
  });
});

describe('environment: production', () => {
  it('starts with a safe configuration, and warns of nothing', async () => {
    expect(await problemsOf(production())).toEqual([]);
    expect(await warningsOf(production())).toEqual([]);
  });

  it.each([
    ['auth: { local: { demoUser: true } }', 'auth.local.demoUser'],
    ['server: { publicUrl: null }', 'server.publicUrl: must be set'],
    ['server: { publicUrl: "http://chat.example.com" }', 'server.publicUrl: must begin with https://'],
    [
      'server: { publicUrl: "https://c.example", corsOrigins: ["http://a.example"] }',
      'server.corsOrigins[0]: must begin with https://',
    ],
    [
      'server: { publicUrl: "https://c.example", trustProxy: [0.0.0.0/1] }',
      'server.trustProxy[0]: is a large part of the internet',
    ],
    ['log: { level: trace }', 'log.level: trace may write what users say'],
    ['agent: { apiKey: changeme }', 'agent.apiKey: looks like an example'],
    ['agent: { apiKey: sk-... }', 'agent.apiKey: looks like an example'],
    ['agent: { apiKey: your-api-key }', 'agent.apiKey: looks like an example'],
    [
      'store: { url: "postgres://postgres:postgres@db/x" }',
      'store.url: the database password is a well-known one',
    ],
    [
      'store: { url: "postgres://u:change%2Dme@db/x" }',
      'store.url: the database password is a well-known one',
    ],
  ])('A2: refuses %s and says why', async (change, message) => {
    const problems = await problemsOf(production(change));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toContain('(refused in production)');
  });

  it('says all that is unsafe in the defaults', async () => {
    expect((await problemsOf('environment: production')).map((problem) => problem.split(':')[0])).toEqual([
      'auth.local.demoUser',
      'server.publicUrl',
    ]);
    expect(await problemsOf(undefined, { GATEWAY_ENVIRONMENT: 'production' })).toHaveLength(2);
  });

  it.each([
    ['store: { url: "sqlite:data/x.db" }', 'store.url'],
    ['agent: { apiKey: null }', 'agent.apiKey'],
    ['log: { level: debug }', 'log.level'],
    ['auth: { local: { demoUser: false, accessTokenSeconds: 7200 } }', 'auth.local.accessTokenSeconds'],
    ['server: { publicUrl: "https://c.example", adminHost: 0.0.0.0 }', 'server.adminHost'],
    [
      'upstreams: { api: { targets: ["http://api.internal:8000"], credentials: forward } }',
      'upstreams.api.targets[0]',
    ],
  ])('warns of %s', async (change, key) => {
    expect(await problemsOf(production(change))).toEqual([]);
    expect(await warningsOf(production(change))).toEqual([expect.stringContaining(`: ${key}: `)]);
  });
});

describe('environment: development', () => {
  it('warns of nothing that the defaults hold', async () => {
    expect(await warningsOf('')).toEqual([]);
  });

  it.each([
    ['server: { host: 0.0.0.0 }', 'a demo user must not exist where others can reach the gateway'],
    ['server: { trustProxy: ["2000::/3"] }', 'is a large part of the internet'],
    ['agent: { apiKey: changeme }', 'looks like an example'],
  ])('starts with %s, and warns', async (text, message) => {
    expect(await problemsOf(text)).toEqual([]);
    expect(await warningsOf(text)).toEqual([expect.stringContaining(message)]);
  });
});
