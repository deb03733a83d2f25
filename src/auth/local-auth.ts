import type { Config } from '../config/schema.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { SessionStore, UserStore } from '../store/auth-store.ts';
import { createAccessTokenIssuer } from './access-token.ts';
import type { Auth } from './auth.ts';
import { createAdmission } from './authenticate.ts';
import { createJwksHandler } from './jwks-route.ts';
import { createLocalVerifier } from './local-verifier.ts';
import { createPasswordHasher, type PasswordHasher } from './password-hash.ts';
import { createLocalSignIn, toUser } from './local-sign-in.ts';
import { createAuthRoutes, type SignInLimits } from './routes.ts';
import { CHAT_SCOPE, requireScope } from './scope.ts';
import type { ChatDescription } from './schemas.ts';
import { createSessionGuard } from './session-guard.ts';
import { createSignIn } from './sign-in.ts';
import type { SigningKey } from './signing-key.ts';
import { createUsersService, type UsersService } from './users.ts';
import { createWorkQueue } from './work-queue.ts';

/** Two of libuv's four threads, so that a flood of sign-ins leaves files and name lookups the others. */
const HASHES_AT_ONCE = 2;
/** About four seconds of work: who waits longer has given up. */
const HASHES_WAITING = 32;

export type LocalAuth = Auth & { readonly users: UsersService };

/** `auth.mode: local`: users in the store of the gateway, and tokens that it signs itself. */
export function createLocalAuth(options: {
  readonly config: Config['auth']['local'];
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly limits: SignInLimits;
  readonly events: GatewayEvents;
  readonly describeChat: () => ChatDescription;
  readonly key: SigningKey;
  readonly clock?: () => Date;
  /** For tests, which count the work or make it cheap. */
  readonly hasher?: PasswordHasher;
}): LocalAuth {
  const { config, users, sessions, limits, events, describeChat, key } = options;
  const { clock = () => new Date(), hasher = createDefaultHasher() } = options;
  const { issuer, audience, accessTokenSeconds, sessionSeconds, refreshGraceSeconds } = config;

  const guard = createSessionGuard({ users, sessions });
  const verifier = createLocalVerifier({ issuer, audience, key, sessions: guard, clock });
  const signIn = createSignIn({
    users,
    sessions,
    hasher,
    issuer: createAccessTokenIssuer({ issuer, audience, accessTokenSeconds, key }),
    guard,
    events,
    sessionSeconds,
    refreshGraceSeconds,
    clock,
  });
  const usersService = createUsersService({ users, hasher, clock, onUserChanged: () => guard.forgetAll() });
  return {
    verifier,
    ...createAdmission({ verifier, requireChat: (principal) => requireScope(principal, CHAT_SCOPE) }),
    router: createAuthRoutes({
      signIn: createLocalSignIn(signIn),
      verifier,
      userOf: async ({ subject }) => {
        const user = await users.getUser(subject);
        return user && toUser(user);
      },
      limits,
      events,
      describeChat,
    }),
    jwks: createJwksHandler(key),
    users: usersService,
    ensureDemoUser: async (signal) => (config.demoUser ? usersService.ensureDemoUser(signal) : undefined),
  };
}

function createDefaultHasher(): PasswordHasher {
  return createPasswordHasher({
    queue: createWorkQueue({ concurrency: HASHES_AT_ONCE, maxWaiting: HASHES_WAITING }),
  });
}
