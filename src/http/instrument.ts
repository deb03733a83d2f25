import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Metrics } from '../observability/metrics.ts';
import { factsOf, requestContext } from './request-context.ts';
import type { Step } from './step.ts';

/** Methods that may become a metric label. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts, times and logs every request once, by route template and never by URL. */
export function createInstrument(options: { readonly metrics: Metrics }): RequestHandler {
  const watch = createWatch(options);
  return (req, res, next) => {
    void watch(req, res);
    next();
  };
}

/** The same for requests that are answered without Express. */
export function createWatch({ metrics }: { readonly metrics: Metrics }): Step {
  return (req, res) => {
    res.on('close', () => {
      const { lines, requestId, startedAt, principal } = requestContext(res);
      const facts = factsOf(res);
      const seconds = (performance.now() - startedAt) / 1000;
      const { method: asked = '' } = req;
      const method = METHODS.has(asked) ? asked : 'other';
      // Some routes say themselves what they are called.
      const route = (facts['route'] as string | undefined) ?? routeTemplate(req, facts);
      const finished = res.writableFinished;
      const status = finished ? String(res.statusCode) : 'aborted';
      metrics.requests.inc({ method, route, status });
      metrics.requestSeconds.observe({ method, route }, seconds);
      const level = res.statusCode >= 500 && finished ? 'warn' : isProbe(route) ? 'debug' : 'info';
      lines[level](
        {
          requestId,
          method,
          route,
          status: res.statusCode,
          ...(finished ? {} : { aborted: true }),
          ms: Math.round(seconds * 1000),
          operation: facts['operation'] as string | undefined,
          problem: facts['problem'] as string | undefined,
          userId: principal?.subject,
        },
        `${method} ${route} ${status}`,
      );
    });
  };
}

/** The path as the route declares it, such as `/api/conversations/:id`. */
function routeTemplate(req: IncomingMessage, facts: Readonly<Record<string, unknown>>): string {
  const { route, baseUrl = '' } = req as { route?: { path?: unknown }; baseUrl?: string };
  if (typeof route?.path !== 'string') return 'unmatched';
  // The prefix of an application around the gateway can hold anything.
  const prefix = baseUrl.slice(((facts['mountedAt'] as string | undefined) ?? '').length);
  const template = `${prefix}${route.path === '/' && prefix !== '' ? '' : route.path}`;
  return template === '' ? '/' : template;
}

function isProbe(route: string): boolean {
  return route === '/healthz' || route === '/readyz' || route === '/metrics';
}
