import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { toGatewayError } from '../errors/normalise.ts';
import { toProblemResponse } from './to-response.ts';
import { withUnreadBody } from './unread-body.ts';

/** For `node:http`, or for an Express application: one listener that answers web requests. */
export function toNodeListener(
  answer: (request: Request) => Response | Promise<Response>,
): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    pass(req, res, answer).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else void send(toProblemResponse(toGatewayError(error), randomBytes(16).toString('hex')), res);
    });
  };
}

async function pass(
  req: IncomingMessage,
  res: ServerResponse,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort(new DOMException('the client has gone', 'AbortError')));
  await send(await answer(toRequest(withUnreadBody(req), gone.signal)), res);
}

async function send(response: Response, res: ServerResponse): Promise<void> {
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    res.end();
    return;
  }
  res.flushHeaders();
  // When the client goes, the pipeline cancels the body.
  await pipeline(Readable.fromWeb(response.body), res);
}

function toRequest(req: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/' } = req;
  const headers = new Headers();
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '');
  }
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(req);
  // The host is the client's word, so it names nothing here.
  return new Request(new URL(url.replace(/^\/+/, '/'), 'http://localhost'), {
    method,
    headers,
    body: body as ReadableStream<Uint8Array> | null,
    duplex: 'half',
    signal,
  });
}
