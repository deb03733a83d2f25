import type { RequestHandler } from 'express';
import type { Metrics } from '../observability/metrics.ts';
import { requestContext } from './request-context.ts';

/** Methods that may become a metric label. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts, times and logs every request once, by route template and never by URL. */
export function createInstrument({ metrics }: { readonly metrics: Metrics }): RequestHandler {
  return (req, res, next) => {
    res.once('close', () => {
      const { logger, startedAt, principal } = requestContext(res);
      const seconds = (performance.now() - startedAt) / 1000;
      const method = METHODS.has(req.method) ? req.method : 'other';
      // A route of the configuration says itself what it is called.
      const route = (res.locals['route'] as string | undefined) ?? routeTemplate(req, res);
      const finished = res.writableFinished;
      const status = finished ? String(res.statusCode) : 'aborted';
      metrics.requests.inc({ method, route, status });
      metrics.requestSeconds.observe({ method, route }, seconds);
      const level = res.statusCode >= 500 && finished ? 'warn' : isProbe(route) ? 'debug' : 'info';
      logger[level](
        {
          method,
          route,
          status: res.statusCode,
          ...(finished ? {} : { aborted: true }),
          ms: Math.round(seconds * 1000),
          operation: res.locals['operation'] as string | undefined,
          problem: res.locals['problem'] as string | undefined,
          userId: principal?.subject,
        },
        '%s %s %s',
        method,
        route,
        status,
      );
    });
    next();
  };
}

/** The path as the route declares it, such as `/api/conversations/:id`. */
function routeTemplate(
  req: Parameters<RequestHandler>[0],
  { locals }: Parameters<RequestHandler>[1],
): string {
  const path: unknown = (req.route as { path?: unknown } | undefined)?.path;
  if (typeof path !== 'string') return 'unmatched';
  // The prefix of an application around the gateway can hold anything.
  const baseUrl = req.baseUrl.slice(((locals['mountedAt'] as string | undefined) ?? '').length);
  const template = `${baseUrl}${path === '/' && baseUrl !== '' ? '' : path}`;
  return template === '' ? '/' : template;
}

function isProbe(route: string): boolean {
  return route === '/healthz' || route === '/readyz' || route === '/metrics';
}
