import { BlockList, isIP } from 'node:net';
import { checkAttachments } from './attachment-checks.ts';
import { checkBridge } from './bridge-checks.ts';
import { checkHosted, checkRoutes } from './cross-check-routes.ts';
import type { Finding } from './finding.ts';
import { checkIdentity } from './identity-checks.ts';
import { checkIssuers } from './issuer-checks.ts';
import type { Config } from './schema.ts';
import { checkTranscription } from './transcription-checks.ts';

/** What is wrong, unsafe or unwise about a configuration whose every key is valid by itself. */
export function crossCheck(config: Config): Finding[] {
  return [
    ...checkServer(config),
    ...checkProxies(config),
    ...checkUpstreams(config),
    ...checkIssuers(config),
    ...checkIdentity(config),
    ...checkRoutes(config),
    ...checkHosted(config),
    ...checkAttachments(config),
    ...checkTranscription(config),
    ...checkSecrets(config),
    ...checkEnvironment(config),
  ];
}

function* checkServer({ server }: Config): Generator<Finding> {
  if (server.port !== 0 && server.port === server.adminPort) {
    yield {
      path: ['server', 'adminPort'],
      given: [['server', 'port']],
      weight: 'refuse',
      message: `must differ from server.port (${server.port})`,
    };
  }
  for (const [at, origin] of server.corsOrigins.entries()) {
    const fault = describeOriginFault(origin);
    if (fault !== undefined) yield { path: ['server', 'corsOrigins', at], weight: 'refuse', message: fault };
  }
  if (server.publicUrl !== null) {
    const url = new URL(server.publicUrl);
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      yield {
        path: ['server', 'publicUrl'],
        weight: 'refuse',
        message: 'must be a plain address: no user, no query, no fragment',
      };
    }
  }
  if (!isLoopback(server.adminHost)) {
    yield {
      path: ['server', 'adminHost'],
      weight: 'warn',
      message: 'the admin listener has no sign-in; make sure that only your monitoring can reach it',
    };
  }
}

function describeOriginFault(origin: string): string | undefined {
  if (origin === '*') return 'must name each origin; * would let every web page call the gateway';
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return 'must be an origin such as https://app.example.com';
  }
  // A URL's origin is lower-case and drops the default port; browsers send exactly that.
  return url.origin === origin ? undefined : `must be a bare origin; did you mean ${url.origin}?`;
}

function* checkProxies({ server }: Config): Generator<Finding> {
  for (const [at, entry] of server.trustProxy.entries()) {
    const path = ['server', 'trustProxy', at];
    const range = parseRange(entry);
    if (range === undefined) {
      yield { path, weight: 'refuse', message: 'must be an IP address or a CIDR range such as 10.0.0.0/8' };
    } else if (range.length === 0) {
      yield { path, weight: 'refuse', message: `must not be every address: ${ANYBODY}` };
    } else if (range.length < WIDEST[range.family]) {
      yield { path, weight: 'unsafe', message: `is a large part of the internet: ${ANYBODY}` };
    }
  }
}

const ANYBODY = 'anybody could pose as any client with X-Forwarded-For';
/** Private networks go up to 10.0.0.0/8 and fc00::/7. */
const WIDEST = { 4: 8, 6: 7 } as const;

function parseRange(entry: string): { readonly family: 4 | 6; readonly length: number } | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || rest.length > 0 || address.includes('%')) return undefined;
  const longest = family === 4 ? 32 : 128;
  if (prefix === undefined) return { family, length: longest };
  const length = Number(prefix);
  return /^\d{1,3}$/.test(prefix) && length <= longest ? { family, length } : undefined;
}

function* checkUpstreams({ chat, upstreams }: Config): Generator<Finding> {
  for (const [name, upstream] of Object.entries(upstreams)) {
    for (const [at, target] of upstream.targets.entries()) {
      const url = new URL(target);
      const path = ['upstreams', name, 'targets', at];
      if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
        yield { path, weight: 'refuse', message: 'must be a plain address: no user, no query, no fragment' };
      } else if (
        upstream.credentials === 'forward' &&
        url.protocol === 'http:' &&
        !isLoopback(url.hostname)
      ) {
        yield { path, weight: 'warn', message: 'access tokens are sent to this service without TLS' };
      }
    }
  }
  if (chat.backend === 'agent') return;
  const { upstream, path } = chat[chat.backend];
  if (!Object.hasOwn(upstreams, upstream)) {
    const known = Object.keys(upstreams);
    yield {
      path: ['chat', chat.backend, 'upstream'],
      given: [['upstreams'], ['chat', 'backend']],
      weight: 'refuse',
      message:
        `names the upstream "${upstream}", which upstreams does not define` +
        (known.length === 0 ? `; add upstreams.${upstream}` : ` (it has ${known.join(', ')})`),
    };
  }
  if (chat.backend === 'bridge') {
    yield* checkBridge(chat.bridge);
  } else if (new URL(path, 'http://upstream').pathname !== path) {
    yield {
      path: ['chat', 'forward', 'path'],
      weight: 'refuse',
      message: 'must be a plain path such as /chatkit',
    };
  }
}

/** Words that stand in examples and tutorials where a secret should be. */
const PLACEHOLDER =
  /^(change-?me|changeit|example|secret|password|passwd|postgres|admin|test|demo|your[-_ ].*|sk-(\.{3}|x+|your.*)|<.*>|x+|\.{3})$/i;

function* checkSecrets({ agent, store }: Config): Generator<Finding> {
  if (agent.apiKey !== null && PLACEHOLDER.test(agent.apiKey)) {
    yield { path: ['agent', 'apiKey'], weight: 'unsafe', message: 'looks like an example, not like a key' };
  }
  if (agent.apiKey !== null && /\s/.test(agent.apiKey)) {
    yield { path: ['agent', 'apiKey'], weight: 'refuse', message: 'must not contain blanks or line breaks' };
  }
  const password = URL.canParse(store.url) ? decode(new URL(store.url).password) : '';
  if (store.url.startsWith('postgres') && !URL.canParse(store.url)) {
    yield {
      path: ['store', 'url'],
      weight: 'refuse',
      message: 'is not a valid address; encode special characters of the password',
    };
  }
  if (PLACEHOLDER.test(password)) {
    yield { path: ['store', 'url'], weight: 'unsafe', message: 'the database password is a well-known one' };
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function* checkEnvironment(config: Config): Generator<Finding> {
  const { server, auth, log, agent, chat, store } = config;
  const production = config.environment === 'production';
  if (auth.mode === 'local' && auth.local.demoUser && (production || !isLoopback(server.host))) {
    yield {
      path: ['auth', 'local', 'demoUser'],
      given: [
        ['server', 'host'],
        ['auth', 'mode'],
      ],
      weight: 'unsafe',
      message:
        'a demo user must not exist where others can reach the gateway; set it to false and run "users add"',
    };
  }
  if (!production) return;
  const publicUrl = ['server', 'publicUrl'];
  if (server.publicUrl === null) {
    yield {
      path: publicUrl,
      weight: 'unsafe',
      message: 'must be set to the https:// address that browsers use',
    };
  } else if (!server.publicUrl.startsWith('https:')) {
    yield {
      path: publicUrl,
      weight: 'unsafe',
      message: 'must begin with https://, or tokens travel unencrypted',
    };
  }
  for (const [at, origin] of server.corsOrigins.entries()) {
    if (origin.startsWith('http:')) {
      yield { path: ['server', 'corsOrigins', at], weight: 'unsafe', message: 'must begin with https://' };
    }
  }
  if (log.level === 'trace' || log.level === 'debug') {
    const weight = log.level === 'trace' ? 'unsafe' : 'warn';
    yield { path: ['log', 'level'], weight, message: `${log.level} may write what users say into the log` };
  }
  if (store.url.startsWith('sqlite:')) {
    yield {
      path: ['store', 'url'],
      weight: 'warn',
      message: 'a SQLite file serves one replica only, on a disk that must be kept',
    };
  }
  if (chat.backend === 'agent' && agent.apiKey === null && agent.baseUrl === null) {
    yield {
      path: ['agent', 'apiKey'],
      weight: 'warn',
      message: 'is not set, so the offline demo model answers',
    };
  }
  if (auth.mode === 'local' && auth.local.accessTokenSeconds > 3600) {
    yield {
      path: ['auth', 'local', 'accessTokenSeconds'],
      weight: 'warn',
      message: 'a stolen access token works this long; 3600 or less is usual',
    };
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  const family = isIP(bare);
  return family !== 0 && loopback.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
