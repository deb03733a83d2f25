import { createHash } from 'node:crypto';
import { GatewayError } from '../../errors/gateway-error.ts';
import { LruMap } from '../../limits/lru-map.ts';
import type { CallContext } from '../routes.ts';
import type { Outcome, OutcomeReader, ServiceClient } from './service-answer.ts';
import { toRefreshMessage, type ServiceConfig } from './service-requests.ts';
import { createSharedCalls } from './shared-calls.ts';

export interface ServiceRefresh {
  /** One call for all who come with one token. @throws GatewayError `upstream-*`, `keys-unavailable`, `overloaded` */
  refresh(refreshToken: string, context: CallContext): Promise<Outcome>;
  /** Hands nothing out any more that belongs to this token. */
  forget(refreshToken: string): void;
}

/** Tabs that refresh with one token do so within this time; a service that rotates has spent it after the first. */
const SHARED_MS = 5_000;
const MAX_SHARED = 1_000;
const TIMEOUT_MS = 30_000;
/** A token may travel in a header. */
const PRINTABLE = /^[!-~]+$/;

export function createServiceRefresh(options: {
  readonly config: ServiceConfig;
  readonly path: string;
  readonly service: ServiceClient;
  readonly toOutcome: OutcomeReader;
}): ServiceRefresh {
  const { config, path, service, toOutcome } = options;
  const calls = createSharedCalls<Outcome>({ keepMs: SHARED_MS, maxEntries: MAX_SHARED });
  /** By which token a refresh token was got, both as hashes. */
  const spentFor = new LruMap<string>(MAX_SHARED);

  const ask = async (refreshToken: string, hash: string, { logger, requestId }: CallContext) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const message = toRefreshMessage(config, refreshToken);
      const answer = await service.post({ ...message, path, requestId, signal });
      const outcome = await toOutcome(answer, { logger, signal }, path);
      const next = outcome.kind === 'granted' ? outcome.grant.refreshToken : undefined;
      if (next !== undefined) spentFor.set(toHash(next), hash);
      return outcome;
    } catch (error) {
      throw signal.aborted ? new GatewayError('upstream-timeout', { cause: error }) : error;
    }
  };

  return {
    async refresh(refreshToken, context) {
      if (!PRINTABLE.test(refreshToken)) return { kind: 'refused' };
      const hash = toHash(refreshToken);
      return await calls.run(hash, () => ask(refreshToken, hash, context), context.signal);
    },
    forget(refreshToken) {
      const hash = toHash(refreshToken);
      calls.forget(hash);
      const spent = spentFor.get(hash);
      if (spent !== undefined) calls.forget(spent);
    },
  };
}

function toHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
