import type { Dispatcher } from 'undici';
import { GatewayError, type InputProblem } from '../errors/gateway-error.ts';
import { readBounded } from './read-body.ts';

/** Enough for any message that a person reads. */
const MAX_ERROR_BYTES = 65_536;
const MAX_DETAIL_CHARS = 500;
const MAX_PROBLEMS = 20;
/** A message comes with its status. Who sends it drop by drop is not waited for. */
const MESSAGE_MS = 1_000;
/** A body that nobody reads may end in this time, which keeps the connection for the next request. */
const DISCARD_MS = 1_000;

/**
 * What a service's refusal says, as an error of ours: the status and a short message survive, a page of HTML, a stack
 * trace or an address does not.
 */
export async function toRefusal(response: Dispatcher.ResponseData): Promise<GatewayError> {
  const { statusCode: status, headers } = response;
  const type = String(headers['content-type'] ?? '');
  const body = await readError(response);
  const cause = new Error(`the service answered ${status} with the type ${JSON.stringify(type)}`);
  const retryAfter = headers['retry-after'];
  const passed = typeof retryAfter === 'string' ? { headers: { 'Retry-After': retryAfter } } : {};
  if (status >= 400 && status < 500) {
    return new GatewayError('upstream-refused', { status, cause, ...passed, ...toDetail(body) });
  }
  if (status === 503) return new GatewayError('upstream-unavailable', { cause, ...passed });
  return new GatewayError(status === 504 ? 'upstream-timeout' : 'upstream-failed', { cause });
}

async function readError(response: Dispatcher.ResponseData): Promise<unknown> {
  if (!String(response.headers['content-type'] ?? '').includes('json')) {
    discard(response);
    return undefined;
  }
  const timer = setTimeout(() => response.body.destroy(), MESSAGE_MS);
  try {
    return JSON.parse(Buffer.from(await readBounded(response, MAX_ERROR_BYTES)).toString()) as unknown;
  } catch {
    // A refusal without a message that can be read is still this refusal.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Gets rid of a body beside the request, and of its connection where it is long or does not end. */
function discard({ body }: Dispatcher.ResponseData): void {
  const timer = setTimeout(() => body.destroy(), DISCARD_MS).unref();
  body.once('close', () => clearTimeout(timer));
  void body.dump({ limit: MAX_ERROR_BYTES });
}

/** FastAPI says `{"detail": text}`, or a list of findings for a 422; a problem (RFC 9457) has a `detail` too. */
function toDetail(body: unknown): { detail?: string; problems?: InputProblem[] } {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return {};
  const { detail } = body;
  if (typeof detail === 'string') return isPlain(detail) ? { detail } : {};
  if (!Array.isArray(detail)) return {};
  const problems = detail.slice(0, MAX_PROBLEMS).flatMap((finding: unknown) => toProblem(finding) ?? []);
  return problems.length === 0 ? {} : { problems };
}

function toProblem(finding: unknown): InputProblem | undefined {
  if (typeof finding !== 'object' || finding === null) return undefined;
  const { loc, msg } = finding as { loc?: unknown; msg?: unknown };
  if (typeof msg !== 'string' || !isPlain(msg)) return undefined;
  const path = Array.isArray(loc) ? loc.filter((part) => part !== 'body').map(String) : [];
  return { pointer: path.map((part) => `/${part}`).join(''), detail: msg };
}

/** What a text for people does not hold: markup, stack traces, addresses, paths, keys, the words of databases. */
const INSIDE = [
  /traceback|\bfile "|\n|<[a-z!/]/i,
  /:\/\/|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:host|port)=|\berrno\b|localhost/i,
  /(?:^|[\s'"(])\/(?:[\w.-]+\/)+|[a-z]:\\/i,
  /\bsk-[\w-]{4,}|\bbearer\s|\beyJ[\w-]{8,}/i,
  /\b(?:select\s.+\sfrom|insert\s+into|update\s.+\sset|delete\s+from)\b|psycopg|sqlalchemy|sqlite3?\./i,
];

/** Whether a text of a service can be shown: short, and nothing of its inside in it. */
export function isPlain(text: string): boolean {
  return text.length <= MAX_DETAIL_CHARS && !INSIDE.some((pattern) => pattern.test(text));
}
