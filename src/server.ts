import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config/schema.ts';
import { GatewayError } from './errors/gateway-error.ts';
import { longRequestOf, REQUEST_MS } from './http/body-time.ts';
import { toProblem } from './http/problem.ts';

/** What of the gateway takes part in a shutdown. */
export interface Drainable extends AsyncDisposable {
  readonly runs: {
    readonly activeCount: number;
    /** Refuses new runs, waits for the running ones, and gives those that are left a final event. */
    drain(timeoutMs: number): Promise<void>;
  };
  /** Aborted first: `/readyz` answers 503 from then on. */
  readonly closing: AbortController;
}

export interface ServerOptions {
  readonly config: Config['server'];
  readonly app: RequestListener;
  /** For a whole request, except where its route lets it take longer. */
  readonly requestTimeoutMs?: number;
  readonly adminApp: RequestListener;
  readonly context: Drainable;
  readonly logger: Logger;
}

export interface RunningServer {
  /** Where the gateway listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminUrl: string;
  /** Lets open streams finish within `drainMs`, then ends everything. Resolves once, however often it is called. */
  close(): Promise<void>;
}

/** An address cannot be listened on. The message says what to do about it. */
export class ListenError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ListenError';
  }
}

/** Longer than the idle time of common balancers, which must be the ones to close a connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const MAX_HEADER_BYTES = 16_384;
/** For a client that is refused to read why. */
const LINGER_MS = 1_000;
/** For the last bytes of runs that a shutdown has ended. */
const SETTLE_MS = 500;
/** For answers that are complete but not yet sent, and for parts that should close at once. */
const PHASE_MS = 5_000;

/** @throws ListenError when one of the two addresses cannot be used; then neither is */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, context, logger } = options;
  const requestTimeoutMs = options.requestTimeoutMs ?? Math.max(REQUEST_MS, config.headersTimeoutMs);
  const publicServer = createListener(options.app, config, logger, requestTimeoutMs);
  const adminServer = createListener(options.adminApp, config, logger, requestTimeoutMs);
  const listening = await Promise.allSettled([
    listen(publicServer.server, config.port, config.host, 'server.port / PORT'),
    listen(adminServer.server, config.adminPort, config.adminHost, 'server.adminPort'),
  ]);
  const failure = listening.find((each) => each.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all([publicServer.close(), adminServer.close()]);
    throw failure.reason;
  }

  const shutDown = async () => {
    const startedAt = performance.now();
    context.closing.abort(new GatewayError('shutting-down'));
    logger.info({ runs: context.runs.activeCount, drainMs: config.drainMs }, 'shutting down');
    const closed = publicServer.close();
    await phase('runs', config.drainMs + PHASE_MS, logger, () => context.runs.drain(config.drainMs));
    // Forwarded streams are nobody's run. They end by themselves, or with their upstream, which is a part.
    const leftMs = config.drainMs - (performance.now() - startedAt);
    await Promise.race([closed, sleep(Math.max(leftMs, SETTLE_MS), undefined, { ref: false })]);
    await phase('parts', PHASE_MS, logger, async () => context[Symbol.asyncDispose]());
    await phase('connections', PHASE_MS, logger, () => closed);
    publicServer.server.closeAllConnections();
    adminServer.server.closeAllConnections();
    await phase('admin listener', PHASE_MS, logger, () => adminServer.close());
    logger.info({ seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)) }, 'shut down');
  };
  let closing: Promise<void> | undefined;
  return {
    url: toUrl(publicServer.server),
    adminUrl: toUrl(adminServer.server),
    close: () => (closing ??= shutDown()),
  };
}

/** One part of a shutdown must not keep the others from their turn. */
async function phase(
  name: string,
  timeoutMs: number,
  logger: Logger,
  work: () => Promise<void>,
): Promise<void> {
  const expired = Promise.withResolvers<'expired'>();
  const timer = setTimeout(expired.resolve, timeoutMs, 'expired');
  try {
    const outcome = await Promise.race([work(), expired.promise]);
    if (outcome === 'expired')
      logger.warn({ phase: name, timeoutMs }, 'a phase of the shutdown took too long');
  } catch (error) {
    logger.error({ err: error, phase: name }, 'a phase of the shutdown failed');
  } finally {
    clearTimeout(timer);
  }
}

const ANSWERING = Symbol('the response that is being written');
type AnsweringSocket = Socket & { [ANSWERING]?: ServerResponse | undefined };

interface Listener {
  readonly server: Server;
  /** Takes no new connection, and resolves when the open ones have got their answers. */
  close(): Promise<void>;
}

function createListener(
  handler: RequestListener,
  config: Config['server'],
  logger: Logger,
  requestTimeout: number,
): Listener {
  let closing = false;
  const server = createServer(
    {
      headersTimeout: config.headersTimeoutMs,
      requestTimeout,
      connectionsCheckingInterval: Math.min(5_000, Math.max(50, config.headersTimeoutMs / 4)),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (req, res) => {
      const socket: AnsweringSocket = req.socket;
      socket[ANSWERING] = res;
      res.on('close', () => {
        if (socket[ANSWERING] === res) socket[ANSWERING] = undefined;
        // The connection counts as idle only after this event.
        if (closing) setImmediate(() => server.closeIdleConnections());
      });
      if (closing) res.setHeader('Connection', 'close');
      handler(req, res);
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const refuseNow = () => refuse(error, socket, (socket as AnsweringSocket)[ANSWERING], logger);
    const long = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? longRequestOf(socket) : undefined;
    if (long === undefined) refuseNow();
    // Node looks at the time of a request once.
    else refuseLater(long, refuseNow);
  });
  return {
    server,
    close() {
      closing = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => {
        resolve();
      });
      return promise;
    },
  };
}

function refuseLater(
  { req, leftMs }: { readonly req: IncomingMessage; readonly leftMs: number },
  refuseNow: () => void,
): void {
  const timer = setTimeout(() => {
    if (!req.complete) refuseNow();
  }, leftMs);
  for (const over of ['end', 'close'] as const) req.once(over, () => clearTimeout(timer));
}

/** Answers bytes that are no request. The connection cannot be used further, because its framing is lost. */
function refuse(
  error: NodeJS.ErrnoException,
  socket: Socket,
  response: ServerResponse | undefined,
  logger: Logger,
): void {
  // What arrives behind the refused bytes is refused again, and again; there is one answer to all of it.
  if (socket.writableEnded && error.code !== 'ECONNRESET') return;
  const begun = response?.headersSent === true;
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const problem = toClientProblem(error);
  const requestId = randomBytes(16).toString('hex');
  logger.info({ requestId, problem: problem.code, reason: error.code }, 'refused a malformed request');
  const body = JSON.stringify(toProblem(problem, requestId));
  socket.end(
    `HTTP/1.1 ${problem.status} ${REASONS[problem.status] ?? 'Bad Request'}\r\n` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      'Cache-Control: no-store\r\n' +
      `X-Request-Id: ${requestId}\r\n` +
      'Connection: close\r\n\r\n' +
      body,
  );
  // To close at once would reset the connection of a client that is still sending, and lose it the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('end', () => socket.destroy()).resume();
}

const REASONS: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

function toClientProblem(error: NodeJS.ErrnoException): GatewayError {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request-timeout');
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('headers-too-large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new GatewayError('body-too-large');
    default:
      return new GatewayError('invalid-request', { detail: 'This is not a well-formed HTTP/1.1 request.' });
  }
}

async function listen(server: Server, port: number, host: string, key: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ListenError(describeListenFailure(error, port, host, key), error);
  } finally {
    server.off('error', reject);
  }
}

function describeListenFailure(error: unknown, port: number, host: string, key: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const place = `port ${port} on ${host}`;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use: stop the other program or set ${key}`;
    case 'EACCES':
      return `${place} may not be used by this user: set ${key} to 1024 or more`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine: set ${key.startsWith('server.admin') ? 'server.adminHost' : 'server.host'}`;
    default:
      return `cannot listen on ${place} (${typeof code === 'string' ? code : 'unknown error'})`;
  }
}

function toUrl(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
