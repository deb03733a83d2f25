import type { Config } from '../config/schema.ts';
import type { PassThrough, RouteUpstream } from '../forward/pass-through/pass-through.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ServiceOf } from './upstreams.ts';

/** How long before the end of a shutdown the streams of routes are told of it. */
const FAREWELL_MS = 500;

/** Nothing where no route is configured. */
export async function openPassThrough(
  { routes, server }: Config,
  stack: AsyncDisposableStack,
  parts: {
    readonly serviceOf: ServiceOf;
    readonly metrics: Pick<Metrics, 'openStreams'>;
    readonly closing: AbortSignal;
  },
): Promise<PassThrough | undefined> {
  if (routes.length === 0) return undefined;
  const { createPassThrough } = await import('../forward/pass-through/pass-through.ts');
  const upstreams = new Map<string, RouteUpstream>();
  for (const { upstream: name } of routes) upstreams.set(name, await parts.serviceOf(name));
  const { heartbeatMs, drainMs } = server;
  const ended = new AbortController();
  parts.closing.addEventListener('abort', () => {
    // A little before the connections are closed, so that a stream can still say that it ends.
    setTimeout(() => ended.abort(parts.closing.reason), Math.max(0, drainMs - FAREWELL_MS)).unref();
  });
  const { openStreams } = parts.metrics;
  return stack.use(createPassThrough({ routes, upstreams, heartbeatMs, openStreams, ended: ended.signal }));
}
