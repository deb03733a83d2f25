import { pino } from 'pino';
import { claimAt } from '../../../auth/jwt/claims.ts';
import { RefusedToken } from '../../../auth/jwt/refusals.ts';
import type { SessionGuard } from '../../../auth/session-guard.ts';
import type { TokenVerifier } from '../../../auth/verifier.ts';
import type { Config } from '../../../config/schema.ts';
import { GatewayError } from '../../../errors/gateway-error.ts';
import { readToken, type ReadToken } from '../../../probe/token.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check, type Examination, type Result } from '../check.ts';
import { exists, openDatabase } from '../database.ts';

/** The given token has the right form, and the gateway would take it. */
export const tokenCheck = {
  id: 'token',
  async run({
    config,
    givenToken,
    token,
  }: Pick<Examination, 'config' | 'givenToken' | 'token'>): Promise<readonly Omit<Result, 'id'>[]> {
    if (givenToken === undefined || token === undefined) {
      return [skipped("none was given; --token-file takes a user's access token")];
    }
    const form = judgeForm(givenToken);
    const read = readToken(token);
    if (read === undefined) {
      return [
        fail(
          'the token is not a JWT: three parts in base64url with dots between',
          'Send what the sign-in answered as access_token.',
        ),
      ];
    }
    if (config === undefined) return [form, skipped(NO_CONFIG)];
    return [form, await judge(config, token, read)];
  },
} satisfies Check;

function judgeForm(given: string): Omit<Result, 'id'> {
  if (/^Bearer \S+$/.test(given)) return ok('it was given as "Bearer <token>", as the header has it');
  if (/^\S+$/.test(given)) return ok('one word, which is sent as "Authorization: Bearer <token>"');
  if (/^bearer\s/i.test(given)) {
    return warn('the word before it is not "Bearer" and one blank', 'Send "Authorization: Bearer <token>".');
  }
  return fail(
    'it has blanks or line breaks in it, or quotes around it',
    'Send "Authorization: Bearer <token>", nothing else.',
  );
}

const TIMEOUT_MS = 15_000;

/** Asks the verifier that the gateway itself would use. */
async function judge(config: Config, token: string, read: ReadToken): Promise<Omit<Result, 'id'>> {
  await using stack = new AsyncDisposableStack();
  const verifier =
    config.auth.mode === 'local' ? await openLocal(config, stack) : await openIssuers(config, stack);
  if (typeof verifier === 'string') return skipped(verifier);
  try {
    const { claims } = await verifier.verify(token, AbortSignal.timeout(TIMEOUT_MS));
    const minutes = Math.round((Number(claims['exp']) * 1000 - Date.now()) / 60_000);
    return ok(`the gateway takes it (${read.algorithm}), for ${minutes} more minutes`);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return describe(error, read, config);
  }
}

async function openIssuers({ auth }: Config, stack: AsyncDisposableStack): Promise<TokenVerifier> {
  const { createIssuersVerifier } = await import('../../../auth/jwt/issuers-verifier.ts');
  const logger = pino({ enabled: false });
  return stack.use(createIssuersVerifier({ issuers: auth.issuers, logger, clock: () => new Date() }))
    .verifier;
}

/** The verifier, or why there is none. */
async function openLocal(config: Config, stack: AsyncDisposableStack): Promise<TokenVerifier | string> {
  const { keyFile, issuer, audience } = config.auth.local;
  if (!(await exists(keyFile))) return `the key that signs tokens (${keyFile}) is not on this machine`;
  const [{ openSigningKey }, { createLocalVerifier }] = await Promise.all([
    import('../../../auth/signing-key.ts'),
    import('../../../auth/local-verifier.ts'),
  ]);
  const key = await openSigningKey({ keyFile, logger: pino({ enabled: false }) });
  const sessions = await openSessions(config, stack);
  return createLocalVerifier({ issuer, audience, key, sessions, clock: () => new Date() });
}

/** Sessions as the database knows them; where it cannot be looked at, which the check of the store says, all live. */
async function openSessions(
  { store }: Config,
  stack: AsyncDisposableStack,
): Promise<Pick<SessionGuard, 'isAlive'>> {
  const [{ toLocation }, { readMigrationState }, { createSessionGuard }, users, sessions] = await Promise.all(
    [
      import('../../../store/location.ts'),
      import('../../../store/migrations/migrate.ts'),
      import('../../../auth/session-guard.ts'),
      import('../../../store/sql-user-store.ts'),
      import('../../../store/sql-session-store.ts'),
    ],
  );
  const unknown = { isAlive: async () => true };
  try {
    const location = toLocation(store.url);
    if (location.dialect === 'sqlite' && !(await exists(location.address))) return unknown;
    const database = await openDatabase(location, store);
    stack.defer(() => database.db.destroy());
    if ((await readMigrationState(database)) !== 'current') return unknown;
    return createSessionGuard({
      users: users.createUserStore(database),
      sessions: sessions.createSessionStore(database),
    });
  } catch {
    return unknown;
  }
}

function describe(error: GatewayError, read: ReadToken, config: Config): Omit<Result, 'id'> {
  if (error.code === 'keys-unavailable') {
    return fail('the keys that it is verified with cannot be fetched', 'See issuer-keys.');
  }
  if (error.code !== 'invalid-token') {
    return skipped(`it could not be verified: ${error.title}`);
  }
  const expiry = Number(read.claims['exp']) * 1000;
  const refused = error.cause instanceof RefusedToken ? error.cause : undefined;
  if (Number.isFinite(expiry) && /expired/.test(error.detail ?? '')) {
    const minutes = Math.round((Date.now() - expiry) / 60_000);
    return fail(
      `it expired ${minutes} minutes ago`,
      'Sign in again, or let the front end refresh it in time.',
    );
  }
  const claim = refused?.claim;
  const value =
    claim === undefined ? '' : `: its ${claim} is ${JSON.stringify(claimAt(read.claims, claim) ?? null)}`;
  return fail(
    `the gateway refuses this ${read.algorithm} token: ${toReason(error)}${value}`,
    adviceFor(config),
  );
}

/** What callers are told is for them; why it is so stands in the cause. */
function toReason({ cause, detail, title }: GatewayError): string {
  const reason = cause instanceof Error ? cause.message.replace(/^ERR_\w+: /, '') : undefined;
  return reason ?? detail ?? title;
}

function adviceFor({ auth }: Config): string {
  return auth.mode === 'local'
    ? 'The gateway signs its own tokens (auth.mode is local): sign in at /api/auth/login. For those of a service, set auth.mode to jwt.'
    : 'Compare auth.issuers with what the service puts in its tokens; "chatkit-gateway init" reads it from one.';
}
