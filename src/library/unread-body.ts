import { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.ts';

/** What body parsers and the hosts of functions leave on a request. */
interface ParsedRequest extends IncomingMessage {
  readonly body?: unknown;
  readonly rawBody?: unknown;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
}

/**
 * The request as it was before a body parser of the application read it: nobody can read a stream twice, and whoever
 * tries waits for ever.
 * @throws GatewayError `body-already-read` when the body cannot be made out of what the parser has left
 */
export function withUnreadBody(req: ParsedRequest): IncomingMessage {
  if (!req.readableDidRead && !req.readableEnded) return req;
  const bytes = toBytes(req);
  const copy: IncomingMessage & { originalUrl?: string; baseUrl?: string } = new IncomingMessage(req.socket);
  copy.httpVersion = req.httpVersion;
  copy.httpVersionMajor = req.httpVersionMajor;
  copy.httpVersionMinor = req.httpVersionMinor;
  if (req.method !== undefined) copy.method = req.method;
  if (req.url !== undefined) copy.url = req.url;
  if (req.originalUrl !== undefined) copy.originalUrl = req.originalUrl;
  if (req.baseUrl !== undefined) copy.baseUrl = req.baseUrl;
  const { 'transfer-encoding': _chunked, 'content-encoding': _inflated, ...headers } = req.headers;
  copy.headers = { ...headers, 'content-length': String(bytes.length) };
  copy.rawHeaders = Object.entries(copy.headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((each) => [name, each]),
  );
  copy.complete = true;
  copy.push(bytes);
  copy.push(null);
  return copy;
}

function toBytes({ headers, rawBody, body }: ParsedRequest): Buffer {
  if (Buffer.isBuffer(rawBody)) return rawBody;
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const type = headers['content-type'] ?? '';
  if (typeof body === 'object' && body !== null) {
    if (/^application\/([\w.-]+\+)?json\b/i.test(type)) return Buffer.from(JSON.stringify(body));
    const fields = Object.entries(body as Record<string, unknown>);
    if (/^application\/x-www-form-urlencoded\b/i.test(type) && fields.every(isPlainField)) {
      return Buffer.from(new URLSearchParams(fields).toString());
    }
  }
  throw new GatewayError('body-already-read');
}

function isPlainField(field: [string, unknown]): field is [string, string] {
  return typeof field[1] === 'string';
}
