import type { Dispatcher } from 'undici';
import type { BackendReply, ChatBackend, ChatContext, Operation } from '../chat/backend.ts';
import { within } from '../chatkit/within.ts';
import { createId } from '../chatkit/ids.ts';
import { isStreaming } from '../chatkit/protocol/requests.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { forwardStream } from './forward-stream.ts';
import { readBounded } from './read-body.ts';
import { toRefusal } from './refusal.ts';
import type { CredentialHeaders } from './credentials.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface ForwardBackendOptions {
  readonly upstream: Upstream;
  readonly path: string;
  readonly credentials: CredentialHeaders;
  readonly unknownOperations: 'pass' | 'refuse';
  /** How long the status of a stream waits for the service. */
  readonly firstByteHoldMs: number;
  readonly maxJsonBytes: number;
}

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
      const runId = createId('run');
      const response = ask(options, operation, context, runId);
      if (!isStreaming(type)) return await toReply(options, await response, context, runId);
      // A refusal that comes in time is still a status; after that the stream begins, and silence is filled.
      const first = await within(response, options.firstByteHoldMs);
      if (first !== undefined) return await toReply(options, first, context, runId);
      return { kind: 'stream', stream: forwardStream({ runId, response, context }) };
    },
  };
}

async function ask(
  options: ForwardBackendOptions,
  operation: Operation,
  context: ChatContext,
  runId: string,
): Promise<Dispatcher.ResponseData> {
  const { principal, accessToken, signal } = context;
  const caller = { principal, accessToken, threadId: threadOf(operation), runId };
  return await options.upstream.request({
    method: 'POST',
    path: options.path,
    headers: { ...toHeaders(context), ...(await options.credentials(caller)) },
    body: operation.bytes,
    signal,
  });
}

/** Only what the service needs; nothing else of the client's own headers is copied. */
export function toHeaders(context: ChatContext): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'accept-encoding': 'identity',
    'x-request-id': context.requestId,
    ...(context.locale === '' ? {} : { 'accept-language': context.locale }),
    ...context.trace,
  };
}

async function toReply(
  options: ForwardBackendOptions,
  response: Dispatcher.ResponseData,
  context: ChatContext,
  runId: string,
): Promise<BackendReply> {
  const { statusCode: status, headers } = response;
  const type = String(headers['content-type'] ?? '').toLowerCase();
  if (status === 200 && type.startsWith('text/event-stream')) {
    return { kind: 'stream', stream: forwardStream({ runId, response: Promise.resolve(response), context }) };
  }
  if (status === 200 && type.startsWith('application/json')) {
    return { kind: 'json', status, body: await readBounded(response, options.maxJsonBytes) };
  }
  throw await toRefusal(response);
}

function threadOf({ request }: Operation): string | undefined {
  return request !== undefined && 'thread_id' in request.params ? request.params.thread_id : undefined;
}
