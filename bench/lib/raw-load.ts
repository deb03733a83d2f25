import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const ANSWER_MS = 30_000;

export interface RawLoad {
  readonly requests: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

/** The bytes of a `POST`, made once. */
export function toRequestBytes(url: URL, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const all = {
    Host: url.host,
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${url.pathname} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
}

function isComplete(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= head + 4 + Number(length);
}

/** A client on a bare socket: an HTTP library would fill the core of the load before the peer is busy. */
async function open(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  socket.setNoDelay(true);
  return socket;
}

function ask(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (error?: Error) => {
      socket.off('data', onData);
      socket.off('close', onClose);
      if (error === undefined) resolve(text);
      else reject(error);
    };
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isComplete(text)) settle();
    };
    const onClose = () => settle(new Error(`the connection was closed\n${text.slice(0, 2_000)}`));
    socket.on('data', onData);
    socket.on('close', onClose);
    socket.write(request);
  });
}

/**
 * Repeats a request on kept connections until the time is up.
 * @throws when an answer is not a 200 that ends with `answer`: refusals would look fast
 */
export async function loadFor(
  seconds: number,
  connections: number,
  { url, request, answer }: { readonly url: URL; readonly request: Buffer; readonly answer: string },
): Promise<RawLoad> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url)));
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const hung = setTimeout(() => sockets.forEach((socket) => socket.destroy()), seconds * 1000 + ANSWER_MS);
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        socket.on('error', () => socket.destroy());
        for (let at = performance.now(); at < endsAt;) {
          const text = await ask(socket, request);
          if (!text.startsWith('HTTP/1.1 200') || !text.includes(answer)) {
            throw new Error(`not the answer of the service: ${text.slice(0, 2_000)}`);
          }
          const now = performance.now();
          latenciesMs.push(now - at);
          at = now;
        }
      }),
    );
  } finally {
    clearTimeout(hung);
    for (const socket of sockets) socket.destroy();
  }
  return { requests: latenciesMs.length, seconds: (performance.now() - startedAt) / 1000, latenciesMs };
}
