import type { Finding } from './finding.ts';
import { isSharedSecretAlgorithm, readKeySet, readPublicPem, UnusableKeyError } from './public-keys.ts';
import type { Config } from './schema.ts';

type IssuerConfig = Config['auth']['issuers'][number];
type At = readonly ['auth', 'issuers', number];

/** RFC 7518 section 3.2: what is shorter than its hash is weaker than it, and 32 bytes is the shortest hash. */
const MIN_SECRET_BYTES = 32;
/** Secrets that stand in tutorials: everybody can sign tokens with them. */
const KNOWN_SECRETS = new Set([
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'a-string-secret-at-least-256-bits-long',
  'development-only-secret-never-use-in-production',
]);
const PLACEHOLDER =
  /change[-_ ]?(me|this|it)|your[-_ ](secret|256)|super[-_ ]?secret|(example|dummy)[-_ ]?(secret|key)/i;
/** The name that principals have whose tokens have no `iss`. */
const RESERVED_ISSUER = 'jwt';
const KEY_SOURCES = ['secret', 'publicKey', 'jwks', 'jwksUrl'] as const;

/** Whether `auth.mode: jwt` can work with its issuers and its service. */
export function* checkIssuers({ auth, upstreams }: Config): Generator<Finding> {
  const { mode, issuers, service } = auth;
  if (mode === 'local') {
    const idle =
      issuers.length > 0 ? ['auth', 'issuers'] : service.upstream !== null ? ['auth', 'service'] : undefined;
    if (idle !== undefined) {
      yield {
        path: idle,
        given: [['auth', 'mode']],
        weight: 'warn',
        message: 'is not used while auth.mode is local',
      };
    }
    return;
  }
  if (issuers.length === 0) {
    yield {
      path: ['auth', 'issuers'],
      given: [['auth', 'mode']],
      weight: 'refuse',
      message:
        'must name whose tokens are taken while auth.mode is jwt, such as [{ algorithms: [HS256], secret: <the SECRET_KEY of the service> }]',
    };
  }
  const names = new Set<string | null>();
  for (const [at, issuer] of issuers.entries()) {
    const path = ['auth', 'issuers', at] as const;
    if (names.has(issuer.issuer)) {
      yield {
        path: [...path, 'issuer'],
        weight: 'refuse',
        message: 'is the same as that of an earlier entry',
      };
    }
    names.add(issuer.issuer);
    yield* checkIssuer(issuer, path);
  }
  yield* checkService(service, upstreams);
}

function* checkIssuer(issuer: IssuerConfig, path: At): Generator<Finding> {
  if (issuer.issuer === RESERVED_ISSUER) {
    yield {
      path: [...path, 'issuer'],
      weight: 'refuse',
      message: `must not be "${RESERVED_ISSUER}", which stands for tokens without an iss`,
    };
  }
  const sources = KEY_SOURCES.filter((source) => issuer[source] !== null);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    yield {
      path,
      weight: 'refuse',
      message:
        source === undefined
          ? 'must say how its tokens are verified: secret for an HS algorithm; publicKey, jwks or jwksUrl for the others'
          : `must have one of ${sources.join(', ')}, not ${sources.length}`,
    };
    return;
  }
  const wantsSecret = source === 'secret';
  const unfit = issuer.algorithms.find((algorithm) => isSharedSecretAlgorithm(algorithm) !== wantsSecret);
  if (unfit !== undefined) {
    yield {
      path: [...path, 'algorithms'],
      weight: 'refuse',
      message: wantsSecret
        ? `has ${unfit}, which a shared secret cannot verify: an entry with a secret takes HS256, HS384 and HS512 only`
        : `has ${unfit}, which takes a secret: with a public key anybody could sign such tokens`,
    };
    return;
  }
  if (issuer.secret !== null) yield* checkSecret(issuer.secret, issuer, path);
  yield* checkPublicKeys(issuer, path);
}

function* checkSecret(secret: string, { algorithms }: IssuerConfig, at: At): Generator<Finding> {
  const path = [...at, 'secret'];
  const size = Buffer.byteLength(secret);
  if (size < MIN_SECRET_BYTES) {
    yield {
      path,
      weight: 'refuse',
      message:
        `is shorter than ${MIN_SECRET_BYTES} bytes, so whoever has one token can find it by trying and sign their own: ` +
        'make one with "openssl rand -hex 32" and set it here and as the secret of the service; its users then sign in again',
    };
    return;
  }
  if (KNOWN_SECRETS.has(secret) || PLACEHOLDER.test(secret)) {
    yield {
      path,
      weight: 'unsafe',
      message:
        'is a secret that stands in examples, so anybody can sign tokens; make one with "openssl rand -hex 32"',
    };
  }
  if (secret.trim() !== secret) {
    yield { path, weight: 'warn', message: 'begins or ends with a blank or a line break; is that meant?' };
  }
  const longest = Math.max(...algorithms.map((algorithm) => Number(algorithm.slice(2)) / 8));
  if (size < longest) {
    yield {
      path,
      weight: 'warn',
      message: `should have ${longest} bytes for its longest algorithm (RFC 7518)`,
    };
  }
}

function* checkPublicKeys(
  { publicKey, jwks, jwksUrl, algorithms }: IssuerConfig,
  at: At,
): Generator<Finding> {
  const problem =
    publicKey !== null
      ? problemOf(() => readPublicPem(publicKey, algorithms))
      : jwks !== null
        ? problemOf(() => readKeySet(jwks, algorithms))
        : undefined;
  const key = publicKey === null ? 'jwks' : 'publicKey';
  if (problem !== undefined) yield { path: [...at, key], weight: 'refuse', message: problem };
  if (jwksUrl === null) return;
  const url = new URL(jwksUrl);
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    yield {
      path: [...at, 'jwksUrl'],
      weight: 'refuse',
      message: 'must be a plain address: no user, no fragment',
    };
  } else if (url.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) {
    yield {
      path: [...at, 'jwksUrl'],
      weight: 'warn',
      message: 'is fetched without TLS: whoever can change the answer on its way can sign tokens',
    };
  }
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof UnusableKeyError) return error.message;
    throw error;
  }
}

function* checkService(
  service: Config['auth']['service'],
  upstreams: Config['upstreams'],
): Generator<Finding> {
  const { upstream, loginPath, refreshPath, logoutPath } = service;
  if (upstream === null) return;
  if (!Object.hasOwn(upstreams, upstream)) {
    const known = Object.keys(upstreams);
    yield {
      path: ['auth', 'service', 'upstream'],
      given: [['upstreams']],
      weight: 'refuse',
      message:
        `names the upstream "${upstream}", which upstreams does not define` +
        (known.length === 0 ? `; add upstreams.${upstream}` : ` (it has ${known.join(', ')})`),
    };
  }
  for (const [key, path] of Object.entries({ loginPath, refreshPath, logoutPath })) {
    if (path !== null && !isPlainPath(path)) {
      yield {
        path: ['auth', 'service', key],
        weight: 'refuse',
        message: 'must be a plain path such as /auth/token',
      };
    }
  }
}

/** `//host` is a path to one reader and another server to the next. */
function isPlainPath(path: string): boolean {
  return !path.startsWith('//') && new URL(path, 'http://service').pathname === path;
}
