import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { toResponseHeaders } from './headers.ts';
import { toPublicLocation } from './location.ts';

type Route = Config['routes'][number];

/**
 * The refusal that stands for an answer which no browser may see: any failure of the service itself, and every error
 * that is a page or bare text. An error in JSON is part of the service's API and passes.
 */
export function toRefusal(response: IncomingMessage): GatewayError | undefined {
  const { statusCode: status = 0, headers } = response;
  if (status < 400) return undefined;
  const type = headers['content-type'] ?? '';
  if (status < 500 && !/^text\/(?:html|plain)\b/i.test(type)) return undefined;
  const cause = new Error(`the service answered ${status} with the type ${JSON.stringify(type)}`);
  const retryAfter = headers['retry-after'];
  const passed = retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } };
  if (status < 500) return new GatewayError('upstream-refused', { status, cause, ...passed });
  if (status === 503) return new GatewayError('upstream-unavailable', { cause, ...passed });
  return new GatewayError(status === 504 ? 'upstream-timeout' : 'upstream-failed', { cause });
}

/** What was asked for, and where. */
export interface AskedPlace {
  readonly route: Route;
  readonly target: URL;
  /** Below the target. */
  readonly path: string;
  /** The host by which browsers know the gateway. */
  readonly publicHost: string;
  /** The prefix at which an application has mounted the gateway, or nothing. */
  readonly mountedAt: string;
}

/** Writes status and header, and lets them go before there is a body. */
export function sendHead(response: IncomingMessage, res: ServerResponse, place: AskedPlace): void {
  const listed = place.route.responseHeaders;
  const headers = toResponseHeaders(response.headers, listed, (name) => res.hasHeader(name));
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
  const { location, vary } = response.headers;
  const found = location === undefined ? undefined : locate(location, place);
  if (found !== undefined) res.setHeader('Location', found);
  if (vary !== undefined) res.setHeader('Vary', [res.getHeader('Vary') ?? [], vary].flat().join(', '));
  if (response.headers['content-type']?.toLowerCase().startsWith('text/event-stream') === true) {
    res.setHeader('Cache-Control', 'no-cache, no-transform');
    res.setHeader('X-Accel-Buffering', 'no');
    // Frames of our own may come between those of the service.
    res.removeHeader('Content-Length');
  }
  res.writeHead(response.statusCode ?? 502);
  res.flushHeaders();
}

function locate(
  location: string,
  { route, target, path, publicHost, mountedAt }: AskedPlace,
): string | undefined {
  if (route.responseHeaders.some((name) => name.toLowerCase() === 'location')) return location;
  const basePath = target.pathname.replace(/\/$/, '');
  return toPublicLocation(location, {
    asked: new URL(`${basePath}${path}`, target),
    upstreamPrefix: `${basePath}${prefixAtService(route)}`,
    publicPrefix: `${mountedAt}${route.path}`,
    publicHost,
  });
}

/** What the prefix of the route is at the service, without a slash at its end. */
export function prefixAtService({ path, upstreamPath }: Route): string {
  return (upstreamPath ?? path).replace(/\/$/, '');
}
