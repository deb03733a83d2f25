import { ReplyError } from '../chatkit/responder.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { isPlain } from '../forward/refusal.ts';
import type { Text } from '../texts/texts.ts';
import { UnreadableAnswerError } from './events.ts';

const CUT: Text = 'The connection to the chat service was lost. Please try again.';
const SILENT: Text = 'The chat service stopped answering. Please try again.';
const TOO_LONG: Text = 'The reply took too long. Please try again.';
const UNREADABLE: Text = 'The chat service gave an answer that cannot be shown.';
const NO_ANSWER: Text = 'The chat service gave no answer. Please try again.';
const SIGN_IN: Text = 'The chat service did not accept your sign-in. Please sign in again.';
const FORBIDDEN: Text = 'You are not allowed to use this chat.';
const UNKNOWN: Text = 'The chat service does not know this conversation.';
const NOT_ACCEPTED: Text = 'The chat service did not accept this message.';
const FAILED: Text = 'The chat service could not finish the reply. Please try again.';

/** Why a reply could not be written, in words for its reader. */
export function toReplyError(cause: unknown): ReplyError {
  if (cause instanceof ReplyError) return cause;
  if (cause instanceof GatewayError) {
    return new ReplyError(describe(cause), { allowRetry: mayRetry(cause), cause });
  }
  if (cause instanceof UnreadableAnswerError) return new ReplyError(UNREADABLE, { allowRetry: true, cause });
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'UND_ERR_BODY_TIMEOUT') return new ReplyError(SILENT, { allowRetry: true, cause });
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return new ReplyError(TOO_LONG, { allowRetry: true, cause });
  }
  return new ReplyError(CUT, { allowRetry: true, cause });
}

/** What a service itself says went wrong, where that can be shown. */
export function toServiceError(message: string | undefined): ReplyError {
  const isReadable = message !== undefined && message.trim() !== '' && isPlain(message);
  return new ReplyError(isReadable ? message : FAILED, {
    allowRetry: true,
    cause: new Error('the service sent an error frame'),
  });
}

export const emptyAnswer = (): ReplyError =>
  new ReplyError(NO_ANSWER, {
    allowRetry: true,
    cause: new Error(
      'no text was found in the answer; see chat.bridge.response for where the gateway looks for it',
    ),
  });

function describe({ code, status, title, detail, headers, problems }: GatewayError): string {
  if (code !== 'upstream-refused') return `${title}. Please try again${after(headers['Retry-After'])}.`;
  switch (status) {
    case 401:
      return SIGN_IN;
    case 403:
      return detail ?? FORBIDDEN;
    case 404:
      return detail ?? UNKNOWN;
    case 429:
      return `The chat service gets too many requests. Please try again${after(headers['Retry-After'])}.`;
    default:
      return detail ?? problems[0]?.detail ?? NOT_ACCEPTED;
  }
}

function mayRetry({ code, status }: GatewayError): boolean {
  return code !== 'upstream-refused' || status === 404 || status === 408 || status === 409 || status === 429;
}

function after(retryAfter: string | undefined): string {
  const seconds = retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : 0;
  if (seconds === 0) return '';
  return seconds === 1 ? ' in a second' : ` in ${seconds} seconds`;
}
