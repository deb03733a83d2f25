import type { Finding } from './finding.ts';
import { isForbiddenRequestHeader, isForbiddenResponseHeader } from './route-headers.ts';
import type { Config } from './schema.ts';

/** Where the gateway itself answers, now or by its contract. */
const OWN_PATHS = [
  '/.well-known',
  '/api/attachments',
  '/api/auth',
  '/api/chat',
  '/api/chatkit',
  '/api/conversations',
  '/api/runs',
  '/chatkit.js',
  '/docs',
  '/healthz',
  '/openapi.yaml',
  '/readyz',
];

export function* checkRoutes({ routes, upstreams }: Config): Generator<Finding> {
  const seen = new Map<string, number>();
  for (const [at, route] of routes.entries()) {
    const fault = describePathFault(route.path) ?? describeShadow(route.path);
    const twin = seen.get(route.path);
    if (fault !== undefined || twin !== undefined) {
      const message = fault ?? `is the path of routes[${twin}] already; list all methods there`;
      yield { path: ['routes', at, 'path'], weight: 'refuse', message };
    }
    seen.set(route.path, at);
    if (route.upstreamPath !== null && route.upstreamPath !== '/') {
      const message = describePathFault(route.upstreamPath);
      if (message !== undefined) yield { path: ['routes', at, 'upstreamPath'], weight: 'refuse', message };
    }
    if (!Object.hasOwn(upstreams, route.upstream)) {
      const known = Object.keys(upstreams);
      yield {
        path: ['routes', at, 'upstream'],
        given: [['upstreams']],
        weight: 'refuse',
        message:
          `names the upstream "${route.upstream}", which upstreams does not define` +
          (known.length === 0 ? `; add upstreams.${route.upstream}` : ` (it has ${known.join(', ')})`),
      };
    }
    yield* checkHeaders(route, at);
  }
}

function* checkHeaders(
  { requestHeaders, responseHeaders }: Config['routes'][number],
  at: number,
): Generator<Finding> {
  for (const [index, name] of requestHeaders.entries()) {
    if (isForbiddenRequestHeader(name)) {
      const message =
        'may not pass: the service gets the credential of its upstream, and our own identity headers';
      yield { path: ['routes', at, 'requestHeaders', index], weight: 'refuse', message };
    }
  }
  for (const [index, name] of responseHeaders.entries()) {
    if (isForbiddenResponseHeader(name)) {
      const message = 'may not pass: it belongs to one connection or to the gateway';
      yield { path: ['routes', at, 'responseHeaders', index], weight: 'refuse', message };
    }
  }
}

function describePathFault(path: string): string | undefined {
  const isPlain =
    URL.canParse(path, 'http://gateway') &&
    new URL(path, 'http://gateway').pathname === path &&
    !/\/\/|%/.test(path);
  if (!isPlain) return 'must be a plain path such as /api/tasks';
  return path.endsWith('/') ? 'must not end with a slash, and name at least one segment' : undefined;
}

/** Paths of the gateway match whatever their case is. */
function describeShadow(path: string): string | undefined {
  const folded = path.toLowerCase();
  const own = OWN_PATHS.find(
    (each) => each === folded || folded.startsWith(`${each}/`) || each.startsWith(`${folded}/`),
  );
  return own === undefined ? undefined : `would hide ${own}, where the gateway itself answers`;
}

export function* checkHosted({ chat: { hosted }, agent }: Config): Generator<Finding> {
  if (hosted.apiKey !== null && /\s/.test(hosted.apiKey)) {
    yield {
      path: ['chat', 'hosted', 'apiKey'],
      weight: 'refuse',
      message: 'must not contain blanks or line breaks',
    };
  }
  if (hosted.workflowId === null) return;
  if (hosted.apiKey === null && agent.apiKey === null) {
    yield {
      path: ['chat', 'hosted', 'workflowId'],
      weight: 'refuse',
      message: 'needs a key: set chat.hosted.apiKey or OPENAI_API_KEY',
    };
  }
}
