import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { sendJson, type Exchange } from './hostile/exchange.ts';
import { parsePersonality, type Personality } from './hostile/personality.ts';
import { isEarly, respond } from './hostile/respond.ts';
import { openRequest, type OpenRequest, type SeenRequest } from './hostile/seen-request.ts';

/** A personality, or what chooses one when the request's body has been read. */
export type Behaviour = Personality | ((request: SeenRequest) => Personality);

export interface HostileUpstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Everything that came in, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** The newest request, which must be there. */
  last(): SeenRequest;
  /** Connections: now, at once at most, and ever. */
  readonly sockets: { readonly open: number; readonly peak: number; readonly total: number };
  /** Requests that have not ended: now, and at once at most. */
  readonly active: { readonly now: number; readonly peak: number };
  /** The beginning of what came in and was no HTTP request. */
  readonly malformed: readonly string[];
  /** What a path does from now on; `*` is every path that has nothing of its own. */
  use(path: string, behaviour: Behaviour): void;
  /** Forgets the requests and the peaks. Connections live on. */
  clear(): void;
  /** RST on every connection, as when the process is killed. It goes on listening. */
  breakAll(): void;
  /** Stops listening and breaks what is open. Rejects when a personality failed for a reason of its own. */
  stop(): Promise<void>;
}

const BODY_MARK = /hostile:([a-z-]+(?:\?[\w.=&%-]*)?)/;

/**
 * An HTTP/1.1 server that misbehaves on demand. Which personality a request meets is decided by, in this order:
 * the header `X-Hostile: sse?count=5`; the words `hostile:sse?count=5` in its body, such as in the text of a chat
 * message; `use`; its path, `/sse?count=5`. Otherwise the answer is 404.
 */
export async function startHostileUpstream(
  options: {
    /** A given port lets it come back where it was. */
    readonly port?: number;
    readonly keepAliveMs?: number;
    readonly behaviours?: Readonly<Record<string, Behaviour>>;
  } = {},
): Promise<HostileUpstream> {
  const behaviours = new Map(Object.entries(options.behaviours ?? {}));
  const open = new Map<Socket, number>();
  const failures: unknown[] = [];
  const malformed: string[] = [];
  const seen = createRecord();
  let [socketsTotal, socketsPeak] = [0, 0];

  const server = createServer({ maxHeaderSize: 1024 * 1024, requestTimeout: 0, headersTimeout: 0 });
  server.keepAliveTimeout = options.keepAliveMs ?? 60_000;
  server.on('connection', (socket) => {
    open.set(socket, (socketsTotal += 1));
    socketsPeak = Math.max(socketsPeak, open.size);
    socket.on('error', () => {
      // The other side, or a personality, broke the connection: what is of interest is in the request.
    });
    socket.on('close', () => open.delete(socket));
  });
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    if (error.rawPacket !== undefined) malformed.push(error.rawPacket.subarray(0, 2_000).toString('latin1'));
    socket.destroy();
  });
  server.on('request', (message, response) => {
    const request = seen.add(open.get(message.socket) ?? 0, message, response);
    const exchange: Exchange = { request, message, response, socket: message.socket };
    play(exchange, behaviours).catch((error: unknown) => {
      if (!request.over.aborted && !message.socket.destroyed) failures.push(error);
      message.socket.destroy();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const breakAll = () => {
    seen.endAll('broken');
    for (const socket of open.keys()) socket.resetAndDestroy();
  };
  let stopped: Promise<void> | undefined;
  const close = async () => {
    if (server.listening) {
      const closed = once(server, 'close');
      server.close();
      breakAll();
      await closed;
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the hostile upstream failed by itself');
  };
  const stop = () => (stopped ??= close());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return seen.requests;
    },
    last() {
      const request = seen.requests.at(-1);
      if (request === undefined) throw new Error('nothing has reached the hostile upstream');
      return request;
    },
    get sockets() {
      return { open: open.size, peak: socketsPeak, total: socketsTotal };
    },
    get active() {
      return seen.active;
    },
    malformed,
    use: (path, behaviour) => void behaviours.set(path, behaviour),
    clear() {
      seen.clear();
      socketsPeak = open.size;
    },
    breakAll,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createRecord() {
  let requests: OpenRequest[] = [];
  let [count, now, peak] = [0, 0, 0];
  return {
    get requests(): readonly SeenRequest[] {
      return requests;
    },
    get active() {
      return { now, peak };
    },
    clear() {
      requests = [];
      peak = now;
    },
    endAll(state: 'broken') {
      for (const request of requests) request.end(state);
    },
    add(socketId: number, message: IncomingMessage, response: ServerResponse): OpenRequest {
      const request = openRequest((count += 1), socketId, message);
      requests.push(request);
      peak = Math.max(peak, (now += 1));
      request.over.addEventListener('abort', () => (now -= 1), { once: true });
      response.on('finish', () => {
        request.end('finished');
      });
      response.on('close', () => {
        request.end('aborted');
      });
      return request;
    },
  };
}

async function play(exchange: Exchange, behaviours: ReadonlyMap<string, Behaviour>): Promise<void> {
  const { request } = exchange;
  const path = request.target.split('?', 1)[0] ?? '';
  const named = request.header('x-hostile')[0];
  const set = behaviours.get(path) ?? behaviours.get('*');
  const early = named === undefined ? (typeof set === 'function' ? undefined : set) : parsePersonality(named);
  const byPath = parsePersonality(request.target);
  const first = early ?? (set === undefined ? byPath : undefined);
  if (first !== undefined && isEarly(first)) {
    request.personality = first;
    return await respond(exchange, first);
  }
  const body = await request.readBody();
  const marked = named === undefined ? BODY_MARK.exec(body.toString('latin1'))?.[1] : undefined;
  const personality =
    (marked === undefined ? undefined : parsePersonality(marked)) ??
    (named === undefined && typeof set === 'function' ? set(request) : first);
  request.personality = personality;
  if (personality === undefined) {
    sendJson(exchange, { detail: 'Not Found' }, {}, 404);
    return;
  }
  await respond(exchange, personality);
}
