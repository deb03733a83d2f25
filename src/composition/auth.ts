import type { Logger } from 'pino';
import type { Auth } from '../auth/auth.ts';
import { createJwtAuth } from '../auth/jwt/jwt-auth.ts';
import { createLocalAuth } from '../auth/local-auth.ts';
import type { ChatDescription } from '../auth/schemas.ts';
import { openSigningKey, type SigningKey } from '../auth/signing-key.ts';
import type { Config } from '../config/schema.ts';
import { createSmallJsonClient } from '../forward/upstream/small-json.ts';
import type { Limits } from '../limits/limits.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { Store } from '../store/store.ts';
import { needsLinkKey } from './attachments.ts';
import type { ServiceOf } from './upstreams.ts';

/** Nothing where nothing is signed: then no private key needs to lie on the disk. */
export async function openKeyWhereNeeded(config: Config, logger: Logger): Promise<SigningKey | undefined> {
  const { auth } = config;
  if (auth.mode !== 'local' && !mints(config) && !needsLinkKey(config)) return undefined;
  return await openSigningKey({ keyFile: auth.local.keyFile, logger });
}

function mints({ upstreams }: Config): boolean {
  return Object.values(upstreams).some(({ credentials }) => credentials === 'mint');
}

export async function createAuth(
  config: Config,
  stack: AsyncDisposableStack,
  parts: {
    readonly store: Store;
    readonly limits: Limits;
    readonly events: GatewayEvents;
    readonly logger: Logger;
    readonly key: SigningKey | undefined;
    readonly serviceOf: ServiceOf;
    readonly describeChat: () => ChatDescription;
  },
): Promise<Auth> {
  const { store, limits, events, logger, key, serviceOf, describeChat } = parts;
  if (config.auth.mode === 'jwt') {
    const { upstream } = config.auth.service;
    const service =
      upstream === null ? undefined : createSmallJsonClient((await serviceOf(upstream)).upstream);
    // A key that only signs links verifies nothing that anybody else sees.
    const published = mints(config) ? key : undefined;
    return stack.use(
      createJwtAuth({ config: config.auth, service, limits, events, logger, describeChat, key: published }),
    );
  }
  if (key === undefined) throw new Error('there is no key to sign tokens with');
  return createLocalAuth({
    config: config.auth.local,
    users: store.users,
    sessions: store.sessions,
    limits,
    events,
    key,
    describeChat,
  });
}
