import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';

const HOP_BY_HOP = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding']);

function copied(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

/** Passes a request on to a service with undici's fastest call, and its answer back. */
export function createRelay(target: string) {
  const pool = new Pool(target, { connections: null });
  return (request: IncomingMessage, response: ServerResponse): void => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    pool
      .stream(
        {
          method: 'POST',
          path: request.url ?? '/',
          headers: copied(request.headers),
          body: request,
          signal: gone.signal,
        },
        ({ statusCode, headers }) => response.writeHead(statusCode, copied(headers)),
      )
      .catch((error: unknown) => {
        if (!gone.signal.aborted) process.stderr.write(`${String(error)}\n`);
        response.destroy();
      });
  };
}
