import { isUtf8 } from 'node:buffer';
import type { ZodError } from 'zod';
import { isOperationType, REQUESTS, type ChatKitRequest } from '../chatkit/protocol/requests.ts';
import { GatewayError, type InputProblem } from '../errors/gateway-error.ts';
import type { Operation } from './backend.ts';

/** Deeper than any real request; deep enough nesting would overflow the stack of whoever writes it out again. */
const MAX_DEPTH = 100;
const MAX_PROBLEMS = 20;
/** The only way for an unpaired surrogate to pass a strict UTF-8 decoder. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * Reads the body of a ChatKit request.
 * @throws GatewayError `invalid-json` or `invalid-request`; never for an operation that is unknown here
 */
export function parseOperation(bytes: Uint8Array): Operation {
  const body = parseJson(bytes);
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  if (typeof type !== 'string' || type === '') {
    throw new GatewayError('invalid-request', {
      detail: 'The body must be a JSON object with the "type" of a ChatKit operation.',
      problems: [{ pointer: '/type', detail: 'must be the name of an operation' }],
    });
  }
  if (!isOperationType(type)) return { type, request: undefined, bytes, audience: 'client' };
  const parsed = REQUESTS[type].safeParse(body);
  if (!parsed.success) throw toInvalidRequest(parsed.error);
  return { type, request: parsed.data, bytes, audience: 'client' };
}

/** An operation that the gateway itself asks for, on behalf of a user. */
export function toOperation(request: ChatKitRequest): Operation {
  return {
    type: request.type,
    request,
    bytes: Buffer.from(JSON.stringify(request)),
    audience: 'gateway',
  };
}

/** @throws GatewayError `invalid-json` */
export function parseJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) throw new GatewayError('invalid-json', { detail: 'The body is not valid UTF-8.' });
  const text = toText(bytes);
  if (isTooDeep(text)) {
    throw new GatewayError('invalid-json', { detail: `The body is nested deeper than ${MAX_DEPTH} levels.` });
  }
  try {
    return JSON.parse(text, SURROGATE_ESCAPE.test(text) ? requireWellFormed : undefined) as unknown;
  } catch (error) {
    throw new GatewayError('invalid-json', { cause: error });
  }
}

/** Without the mark that some editors put before a text. */
function toText(bytes: Uint8Array): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = hasMark ? bytes.subarray(3) : bytes;
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8');
}

/** Half a character cannot be stored or sent on, and the reference takes it for no JSON either. */
function requireWellFormed(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('a text holds half a surrogate pair');
  }
  return value;
}

/** What a schema found wrong, as a problem with a pointer for each finding. */
export function toInvalidRequest(error: ZodError): GatewayError {
  const problems: InputProblem[] = error.issues.slice(0, MAX_PROBLEMS).map((issue) => ({
    pointer: issue.path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    detail: issue.message,
  }));
  return new GatewayError('invalid-request', { problems });
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
