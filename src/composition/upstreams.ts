import type { Logger } from 'pino';
import type { TokenMinter } from '../auth/principal.ts';
import type { Config } from '../config/schema.ts';
import { createCredentialHeaders, type CredentialHeaders } from '../forward/credentials.ts';
import type { Upstream } from '../forward/upstream/upstream.ts';

/** A service behind the gateway, and how it learns who asks. */
export interface Service {
  readonly upstream: Upstream;
  readonly credentials: CredentialHeaders;
  readonly maxJsonBytes: number;
}

/** Opens each upstream once, however many parts use it: its connections and breakers belong to the service. */
export type ServiceOf = (name: string) => Promise<Service>;

export function createServices(
  config: Config,
  stack: AsyncDisposableStack,
  parts: { readonly mint: TokenMinter | undefined; readonly logger: Logger },
): ServiceOf {
  const opened = new Map<string, Promise<Service>>();
  const open = async (name: string): Promise<Service> => {
    const upstreamConfig = config.upstreams[name];
    if (upstreamConfig === undefined) throw new Error(`the configuration has no upstream ${name}`);
    // Its HTTP client takes a tenth of a second to load, which the built-in agent need not wait for.
    const { openUpstream } = await import('../forward/upstream/upstream.ts');
    return {
      upstream: stack.use(await openUpstream({ name, config: upstreamConfig, logger: parts.logger })),
      credentials: createCredentialHeaders(upstreamConfig, parts.mint),
      maxJsonBytes: upstreamConfig.maxJsonBytes,
    };
  };
  return (name) => {
    const service = opened.get(name) ?? open(name);
    opened.set(name, service);
    return service;
  };
}
