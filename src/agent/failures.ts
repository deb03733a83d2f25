import { ReplyError } from '../chatkit/responder.ts';
import type { Text } from '../texts/texts.ts';

/** Why a reply failed, for the log: a closed set. */
export type FailureKind =
  | 'credentials'
  | 'unknown-model'
  | 'too-long'
  | 'refused'
  | 'quota'
  | 'busy'
  | 'unavailable'
  | 'timeout'
  | 'unreachable'
  | 'cut'
  | 'malformed'
  | 'endless'
  | 'too-many-steps'
  | 'guardrail'
  | 'unknown';

const MESSAGES: Record<FailureKind, { message: Text; allowRetry: boolean; hint?: string }> = {
  credentials: {
    message: 'The assistant is not set up correctly. Please tell the operator of this service.',
    allowRetry: false,
    hint: 'the model server refused the key: check agent.apiKey (OPENAI_API_KEY) and agent.baseUrl',
  },
  'unknown-model': {
    message: 'The model of the assistant is not available. Please tell the operator of this service.',
    allowRetry: false,
    hint: 'the model server does not know the model or the address: check agent.model, agent.api and agent.baseUrl',
  },
  'too-long': {
    message: 'This conversation has become too long for the assistant. Please start a new one.',
    allowRetry: false,
    hint: 'lower agent.historyItems, or use a model with a larger context',
  },
  refused: {
    message: 'The assistant could not take this message. Please try to say it differently.',
    allowRetry: false,
    hint: 'the model server refused the request: check that agent.api fits the server',
  },
  quota: {
    message: 'The assistant has used up its quota. Please tell the operator of this service.',
    allowRetry: true,
    hint: 'the account at the model server has no quota left',
  },
  busy: { message: 'The assistant is busy right now. Please try again in a moment.', allowRetry: true },
  unavailable: { message: 'The assistant has a problem right now. Please try again.', allowRetry: true },
  timeout: { message: 'The assistant took too long to answer. Please try again.', allowRetry: true },
  unreachable: {
    message: 'The assistant cannot be reached right now. Please try again.',
    allowRetry: true,
    hint: 'there was no answer at agent.baseUrl: is the model server running?',
  },
  cut: { message: 'The reply was cut off. Please try again.', allowRetry: true },
  malformed: {
    message: 'The assistant gave an answer that cannot be used. Please try again.',
    allowRetry: true,
  },
  endless: { message: 'The reply did not come to an end. Please try again.', allowRetry: true },
  'too-many-steps': {
    message: 'The assistant needed too many steps for this. Please ask for less at once.',
    allowRetry: true,
    hint: 'agent.maxTurns bounds the model calls within one reply',
  },
  guardrail: { message: 'This conversation was stopped by a safety rule.', allowRetry: false },
  unknown: {
    message: 'Something went wrong while the assistant answered. Please try again.',
    allowRetry: true,
  },
};

/** What is known about a failed reply, safe to log: no key, no headers, no conversation. */
export interface Failure {
  readonly kind: FailureKind;
  readonly reason: string;
  readonly status?: number;
  readonly code?: string;
  readonly providerRequestId?: string;
  readonly retryAfter?: string;
  readonly hint?: string;
}

const MAX_REASON_CHARS = 500;

/** @param secrets what is cut out of the reason, should a server have repeated it */
export function toFailure(error: unknown, secrets: readonly string[]): Failure {
  const kind = kindOf(error);
  const { status, code, requestID, headers } = (error instanceof Error ? error : {}) as ProviderError;
  const retryAfter = headers?.get?.('retry-after');
  const hint = MESSAGES[kind].hint;
  return {
    kind,
    reason: reasonOf(error, secrets),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof requestID === 'string' ? { providerRequestId: requestID } : {}),
    ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The cause stays in the log line of the failure: a ReplyError is shown to people. */
export function toReplyError(kind: FailureKind): ReplyError {
  const { message, allowRetry } = MESSAGES[kind];
  return new ReplyError(message, { allowRetry });
}

interface ProviderError {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly requestID?: unknown;
  readonly headers?: { get?: (name: string) => string | null };
  readonly cause?: unknown;
}

function kindOf(error: unknown): FailureKind {
  if (!(error instanceof Error)) return 'unknown';
  const { status, code } = error as ProviderError;
  if (typeof status === 'number') return kindOfStatus(status, code);
  return kindOfCode(code) ?? kindOfConnection(error) ?? kindOfName(nameOf(error)) ?? 'unknown';
}

/** The classes of the `openai` client leave `name` as it is. */
function nameOf(error: Error): string {
  return error.name === 'Error' ? error.constructor.name : error.name;
}

function kindOfConnection(error: Error): FailureKind | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth += 1) {
    switch ((current as ProviderError).code) {
      case 'ECONNREFUSED':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
      case 'EHOSTUNREACH':
      case 'UND_ERR_CONNECT_TIMEOUT':
        return 'unreachable';
      case 'ECONNRESET':
      case 'EPIPE':
      case 'UND_ERR_SOCKET':
        return 'cut';
      case 'UND_ERR_HEADERS_TIMEOUT':
      case 'UND_ERR_BODY_TIMEOUT':
        return 'timeout';
      default:
        current = current.cause;
    }
  }
  return undefined;
}

function kindOfStatus(status: number, code: unknown): FailureKind {
  const named = kindOfCode(code);
  if (named !== undefined) return named;
  if (status === 401 || status === 403) return 'credentials';
  if (status === 404) return 'unknown-model';
  if (status === 413) return 'too-long';
  if (status === 408) return 'timeout';
  if (status === 409 || status === 429) return 'busy';
  return status < 500 ? 'refused' : 'unavailable';
}

function kindOfCode(code: unknown): FailureKind | undefined {
  switch (code) {
    case 'invalid_api_key':
      return 'credentials';
    case 'model_not_found':
      return 'unknown-model';
    case 'context_length_exceeded':
    case 'string_above_max_length':
      return 'too-long';
    case 'content_filter':
      return 'refused';
    case 'max_output_tokens':
      return 'cut';
    case 'insufficient_quota':
      return 'quota';
    case 'rate_limit_exceeded':
      return 'busy';
    case 'server_error':
      return 'unavailable';
    default:
      return undefined;
  }
}

/** Names, not classes: the SDK is loaded late, and the classes of two copies of it would differ. */
function kindOfName(name: string): FailureKind | undefined {
  if (name.endsWith('GuardrailTripwireTriggered')) return 'guardrail';
  switch (name) {
    case 'SilentModelError':
    case 'ModelTimeoutError':
    case 'APIConnectionTimeoutError':
      return 'timeout';
    case 'APIConnectionError':
      return 'unreachable';
    case 'APIError':
    case 'FailedResponseError':
      return 'unavailable';
    case 'CutStreamError':
      return 'cut';
    case 'EndlessReplyError':
      return 'endless';
    case 'MaxTurnsExceededError':
      return 'too-many-steps';
    case 'SyntaxError':
    case 'ZodError':
    case 'ModelBehaviorError':
      return 'malformed';
    default:
      return undefined;
  }
}

/** The messages of an error and its causes: "fetch failed" alone says nothing. */
function reasonOf(error: unknown, secrets: readonly string[]): string {
  const messages: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth += 1) {
    if (!messages.includes(current.message)) messages.push(current.message);
    current = current.cause;
  }
  let reason = messages.join(': ') || String(error);
  for (const secret of secrets) if (secret !== '') reason = reason.replaceAll(secret, '[redacted]');
  return reason.slice(0, MAX_REASON_CHARS);
}
