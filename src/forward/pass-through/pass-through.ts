import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { CallerFacts } from '../../auth/principal.ts';
import type { CredentialHeaders } from '../credentials.ts';
import type { AnswerFacts, Target } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { prefixAtService, sendHead, toRefusal } from './answer.ts';
import { toRequestHeaders, type OwnRequestHeaders } from './headers.ts';
import { restBelow } from './location.ts';
import { ProxiedRequest, ProxiedResponse, tooLarge } from './proxied.ts';
import { createProxy, type Proxy } from './proxy.ts';
import { relayBody, type StreamCount } from './relay.ts';

type Route = Config['routes'][number];

/** Where the requests of a route go. */
export interface RouteUpstream {
  readonly upstream: Upstream;
  readonly credentials: CredentialHeaders;
}

/** One request that a route has let through. */
export interface Passage {
  readonly route: Route;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Absent where the route is open to anybody: then the service is told of nobody. */
  readonly caller: CallerFacts | undefined;
  readonly own: Omit<OwnRequestHeaders, 'credentials'>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** The other paths of the services behind the gateway. */
export interface PassThrough extends Disposable {
  /** The route of a path: the longest prefix of whole segments, letter by letter. */
  find(path: string): Route | undefined;
  /**
   * Sends a request to the service and its answer to the client, and resolves when that has ended either way.
   * @throws GatewayError before the first byte of an answer; the abort reason when the client goes
   */
  pass(passage: Passage): Promise<void>;
}

const factsOf = (response: IncomingMessage): AnswerFacts => ({
  statusCode: response.statusCode ?? 0,
  headers: response.headers,
  body: response,
});

/** @param upstreams by name; every route's is among them */
export function createPassThrough(options: {
  readonly routes: readonly Route[];
  readonly upstreams: ReadonlyMap<string, RouteUpstream>;
  readonly heartbeatMs: number;
  readonly openStreams: StreamCount;
  /** Aborts when what is still open at a shutdown has to end. */
  readonly ended: AbortSignal;
}): PassThrough {
  const { upstreams, heartbeatMs, openStreams, ended } = options;
  // One listener for each request that is open.
  setMaxListeners(0, ended);
  const longestFirst = options.routes.toSorted((a, b) => b.path.length - a.path.length);
  const proxies = new Map<Target, Proxy>();

  const proxyOf = (target: Target, { ca }: Upstream): Proxy => {
    const proxy = proxies.get(target) ?? createProxy(target.url, ca);
    proxies.set(target, proxy);
    return proxy;
  };

  return {
    find: (path) => longestFirst.find((route) => restBelow(path, route.path) !== undefined),
    async pass(passage) {
      const found = upstreams.get(passage.route.upstream);
      if (found === undefined) throw new Error(`there is no upstream ${passage.route.upstream}`);
      checkBody(passage);
      await exchange(passage, found, {
        heartbeatMs,
        openStreams,
        ended,
        proxyOf: (target) => proxyOf(target, found.upstream),
      });
    },
    [Symbol.dispose]() {
      for (const proxy of proxies.values()) proxy.close();
    },
  };
}

/** What can be told of a body before it is read. @throws GatewayError */
function checkBody({ req, route }: Passage): void {
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > route.bodyLimitBytes) throw tooLarge(route.bodyLimitBytes);
  const hasBody = length > 0 || req.headers['transfer-encoding'] !== undefined;
  // A service that does not expect one would take it for the next request on the connection.
  if (hasBody && (req.method === 'GET' || req.method === 'HEAD')) {
    throw new GatewayError('invalid-request', {
      detail: `A ${req.method} request here has no body.`,
      headers: { Connection: 'close' },
    });
  }
}

async function exchange(
  passage: Passage,
  { upstream, credentials }: RouteUpstream,
  tools: {
    readonly heartbeatMs: number;
    readonly openStreams: StreamCount;
    readonly ended: AbortSignal;
    readonly proxyOf: (target: Target) => Proxy;
  },
): Promise<void> {
  const { route, req, res, caller, own, logger } = passage;
  const { config } = upstream;
  const headers = toRequestHeaders(req.headers, route.requestHeaders, {
    ...own,
    credentials: caller === undefined ? {} : await credentials(caller),
  });
  const path = pathAtService(route, req);
  const stop = new AbortController();
  const { signal } = stop;
  let asked: Asked | undefined;
  // Not AbortSignal.any: a signal that lives as long as the process would remember every signal that is derived from
  // it, and each costs the garbage collector more than the request does.
  const stopped = [passage.signal, tools.ended].map((each) => follow(each, stop));

  const send = async (target: Target, bounded: AbortSignal): Promise<IncomingMessage> => {
    bounded.throwIfAborted();
    const request = new ProxiedRequest({
      method: req.method ?? 'GET',
      url: path,
      headers: { ...headers, host: target.url.host },
      limitBytes: route.bodyLimitBytes,
      onTooLarge: () => stop.abort(tooLarge(route.bodyLimitBytes)),
    });
    const { connectMs } = config;
    const firstByteMs = route.firstByteMs ?? config.firstByteMs;
    const proxied = new ProxiedResponse(request, req, { connectMs, firstByteMs });
    asked?.end();
    asked = begin(target, proxied, bounded);
    tools.proxyOf(target).send(request, proxied);
    return await proxied.answer;
  };

  try {
    const response = await upstream.exchange(send, {
      factsOf,
      signal,
      totalMs: route.totalMs ?? config.totalMs,
    });
    if (asked === undefined) throw new Error('an answer without a request');
    const refusal = toRefusal(response);
    if (refusal !== undefined) throw refusal;
    const { baseUrl: mountedAt = '' } = req as { baseUrl?: string };
    sendHead(response, res, { route, target: asked.target, path, publicHost: own.client.host, mountedAt });
    await relayBody(response, res, {
      idleMs: route.idleMs ?? config.idleMs,
      heartbeatMs: tools.heartbeatMs,
      openStreams: tools.openStreams,
      signal: asked.signal,
      logger,
    });
  } finally {
    for (const release of stopped) release();
    asked?.end();
  }
}

/** Aborts with another signal, until it is released. */
function follow(signal: AbortSignal, controller: AbortController): () => void {
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return () => signal.removeEventListener('abort', abort);
}

interface Asked {
  readonly target: URL;
  readonly signal: AbortSignal;
  end(): void;
}

function begin(target: Target, proxied: ProxiedResponse, signal: AbortSignal): Asked {
  const abort = () => proxied.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return {
    target: target.url,
    signal,
    end() {
      // The signal lives as long as the longest response may take, and would keep all this alive.
      signal.removeEventListener('abort', abort);
      proxied.end();
    },
  };
}

/** The path as it came, with another prefix where the route says so; the query too. */
function pathAtService(route: Route, req: IncomingMessage): string {
  const rest = (req.url ?? '/').slice(route.path.length);
  const path = `${prefixAtService(route)}${rest}`;
  return path.startsWith('/') ? path : `/${path}`;
}
