import type { BackendReply, ChatBackend, ChatContext, Operation } from '../chat/backend.ts';
import { within } from '../chatkit/within.ts';
import { createId } from '../chatkit/ids.ts';
import { isStreaming } from '../chatkit/protocol/requests.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { forwardStream, isEventStream } from './forward-stream.ts';
import { collectBounded } from './read-body.ts';
import { toRefusal } from './refusal.ts';
import type { CredentialHeaders } from './credentials.ts';
import type { ArrivingAnswer } from './upstream/arriving-answer.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface ForwardBackendOptions {
  readonly upstream: Upstream;
  readonly path: string;
  readonly credentials: CredentialHeaders;
  readonly unknownOperations: 'pass' | 'refuse';
  readonly unknownEvents: 'pass' | 'drop';
  /** How long the status of a stream waits for the service. */
  readonly firstByteHoldMs: number;
  readonly maxJsonBytes: number;
}

const OWN_HEADERS = [
  'content-type',
  'application/json',
  'accept',
  'text/event-stream, application/json',
  'accept-encoding',
  'identity',
];

/** The backend where a service speaks ChatKit: its bytes are passed on as they are. */
export function createForwardBackend(options: ForwardBackendOptions): ChatBackend {
  return {
    name: 'forward',
    async handle(operation, context) {
      const { type, request } = operation;
      if (request === undefined && options.unknownOperations === 'refuse') {
        throw new GatewayError('unknown-operation', {
          detail: `There is no operation ${JSON.stringify(type.slice(0, 100))}.`,
        });
      }
      const run = { id: '' };
      const runIdOf = () => (run.id ||= createId('run'));
      const response = ask(options, operation, context, runIdOf);
      if (!isStreaming(type)) return await toReply(options, await response, context, runIdOf);
      // A refusal that comes in time is still a status; after that the stream begins, and silence is filled.
      const first = await within(response, options.firstByteHoldMs);
      if (first !== undefined) return await toReply(options, first, context, runIdOf);
      const { unknownEvents } = options;
      return {
        kind: 'stream',
        stream: forwardStream({ runId: runIdOf(), response, context, unknownEvents }),
      };
    },
  };
}

async function ask(
  options: ForwardBackendOptions,
  operation: Operation,
  context: ChatContext,
  runIdOf: () => string,
): Promise<ArrivingAnswer> {
  const { principal, accessToken, signal } = context;
  const caller = {
    principal,
    accessToken,
    threadId: threadOf(operation),
    get runId() {
      return runIdOf();
    },
  };
  return await options.upstream.open({
    method: 'POST',
    path: options.path,
    headers: toHeaders(context, await options.credentials(caller)),
    body: operation.bytes,
    signal,
  });
}

/** Only what the service needs; nothing else of the client's own headers is copied. */
function toHeaders(context: ChatContext, credentials: Readonly<Record<string, string>>): string[] {
  const headers = [...OWN_HEADERS, 'x-request-id', context.requestId];
  if (context.locale !== '') headers.push('accept-language', context.locale);
  for (const each of [context.trace, credentials]) {
    for (const [name, value] of Object.entries(each)) headers.push(name, value);
  }
  return headers;
}

async function toReply(
  options: ForwardBackendOptions,
  response: ArrivingAnswer,
  context: ChatContext,
  runIdOf: () => string,
): Promise<BackendReply> {
  const { statusCode: status, headers } = response;
  if (isEventStream(response)) {
    const { unknownEvents } = options;
    const arrived = Promise.resolve(response);
    return {
      kind: 'stream',
      stream: forwardStream({ runId: runIdOf(), response: arrived, context, unknownEvents }),
    };
  }
  if (status === 200 && String(headers['content-type']).toLowerCase().startsWith('application/json')) {
    return { kind: 'json', status, body: await collectBounded(response, options.maxJsonBytes) };
  }
  throw await toRefusal(response.toResponse());
}

function threadOf({ request }: Operation): string | undefined {
  return request !== undefined && 'thread_id' in request.params ? request.params.thread_id : undefined;
}
