import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { GatewayError } from '../errors/gateway-error.ts';
import type { UserRecord, UserStore } from '../store/auth-store.ts';
import { createAuthId } from './auth-ids.ts';
import { newEmail, newName, newPassword, normaliseEmail } from './credentials.ts';
import type { PasswordHasher } from './password-hash.ts';

interface NewUser {
  readonly email: string;
  readonly password: string;
  readonly name?: string | undefined;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Administration of the users of `auth.mode: local`. Errors carry a detail that can be shown to the operator. */
export interface UsersService {
  /** @throws GatewayError `invalid-request` when something is malformed or the address is taken */
  createUser(user: NewUser, signal: AbortSignal): Promise<UserRecord>;
  /** One page, ordered by e-mail address; `after` is the last address of the page before. */
  listUsers(query: { readonly limit: number; readonly after?: string }): Promise<UserRecord[]>;
  /** Ends every session of the user. @throws GatewayError `not-found` */
  disableUser(email: string): Promise<void>;
  /** @throws GatewayError `not-found` */
  enableUser(email: string): Promise<void>;
  /** Ends every session of the user. @throws GatewayError `not-found`, `invalid-request` */
  setPassword(email: string, password: string, signal: AbortSignal): Promise<void>;
  /** Makes the demo user when there is no user at all, and gives the password this once. */
  ensureDemoUser(signal: AbortSignal): Promise<Credentials | undefined>;
}

const DEMO_EMAIL = 'demo@example.com';
const newUserSchema = z.strictObject({ email: newEmail, password: newPassword, name: newName.optional() });

export function createUsersService(options: {
  readonly users: UserStore;
  readonly hasher: PasswordHasher;
  readonly clock: () => Date;
  /** Called when the sessions of a user may have ended. */
  readonly onUserChanged: () => void;
}): UsersService {
  const { users, hasher, clock, onUserChanged } = options;

  const requireUser = async (email: string): Promise<UserRecord> => {
    const user = await users.getUserByEmail(normaliseEmail(email));
    if (user === undefined) throw noSuchUser(email);
    return user;
  };

  const setDisabled = async (email: string, disabledAt: string | undefined) => {
    const user = await requireUser(email);
    if (!(await users.setDisabled(user.id, disabledAt))) throw noSuchUser(email);
    onUserChanged();
  };

  const service: UsersService = {
    async createUser(input, signal) {
      const { email, password, name } = parseInput(newUserSchema, input);
      const user: UserRecord = {
        id: createAuthId('user'),
        email,
        ...(name !== undefined && { name }),
        passwordHash: await hasher.hash(password, signal),
        createdAt: clock().toISOString(),
      };
      if (await users.createUser(user)) return user;
      throw new GatewayError('invalid-request', { detail: `There is a user ${email} already.` });
    },

    listUsers: (query) => users.listUsers(query),
    disableUser: (email) => setDisabled(email, clock().toISOString()),
    enableUser: (email) => setDisabled(email, undefined),

    async setPassword(email, password, signal) {
      const input = parseInput(z.strictObject({ password: newPassword }), { password });
      const user = await requireUser(email);
      const hash = await hasher.hash(input.password, signal);
      if (!(await users.setPassword(user.id, hash))) throw noSuchUser(email);
      onUserChanged();
    },

    async ensureDemoUser(signal) {
      if ((await users.countUsers()) > 0) return undefined;
      const password = createReadablePassword();
      const demo = {
        id: createAuthId('user'),
        email: DEMO_EMAIL,
        name: 'Demo User',
        passwordHash: await hasher.hash(password, signal),
        createdAt: clock().toISOString(),
      };
      // Of two processes that start together one makes the user, and only that one knows the password.
      return (await users.createUser(demo)) ? { email: DEMO_EMAIL, password } : undefined;
    },
  };
  return service;
}

function parseInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    pointer: `/${issue.path.join('/')}`,
    detail: issue.message,
  }));
  const detail = problems.map((problem) => `The ${problem.pointer.slice(1)} ${problem.detail}.`).join(' ');
  throw new GatewayError('invalid-request', { detail, problems });
}

function noSuchUser(email: string): GatewayError {
  return new GatewayError('not-found', { detail: `There is no user ${normaliseEmail(email)}.` });
}

/** Without the letters and digits that are mistaken for each other. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Sixteen characters in groups of four: 79 bits that can be typed from a screen. */
function createReadablePassword(): string {
  const group = () => Array.from({ length: 4 }, () => READABLE[randomInt(READABLE.length)]).join('');
  return Array.from({ length: 4 }, group).join('-');
}
