import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { isStreaming, OPERATION_TYPES, REQUESTS, type OperationType } from '../chatkit/protocol/requests.ts';
import { eventStream } from './event-stream.ts';
import { JSON_ANSWERS, STREAMS } from './examples/chatkit-answers.ts';
import { CHATKIT_REQUESTS } from './examples/chatkit-requests.ts';
import { runHeaders } from './headers.ts';
import { toComponentName } from './named-schemas.ts';
import { anyProblem, problems } from './problems.ts';

const SUMMARIES: Readonly<Record<OperationType, string>> = {
  'threads.create': 'Begin a thread with a message and stream the reply',
  'threads.add_user_message': 'Send a message to a thread and stream the reply',
  'threads.add_client_tool_output': 'Give the result of a client tool and stream the rest of the reply',
  'threads.add_structured_input': 'Answer the questions of an item and stream the reply',
  'threads.retry_after_item': 'Delete everything after a message of the user and stream a new reply',
  'threads.custom_action': 'Run an action of a widget and stream what it does',
  'threads.sync_custom_action': 'Run an action of a widget and get the changed widget',
  'threads.get_by_id': 'Get a thread with the first page of its items, oldest first',
  'threads.list': 'List the threads of the user',
  'items.list': 'List the items of a thread',
  'items.feedback': 'Rate items of a reply',
  'attachments.create': 'Announce an upload',
  'attachments.delete': 'Delete an upload',
  'threads.update': 'Rename a thread',
  'threads.delete': 'Delete a thread and everything in it',
  'input.transcribe': 'Turn speech into text',
};

const STREAMING = OPERATION_TYPES.filter(isStreaming);
const PLAIN = OPERATION_TYPES.filter((type) => !isStreaming(type));

/** `POST /api/chatkit`: sixteen operations behind one URL. */
export function chatkitPath(): ZodOpenApiPathsObject {
  return {
    '/api/chatkit': {
      post: {
        tags: ['ChatKit'],
        operationId: 'chatkit',
        summary: 'The ChatKit protocol',
        description: describe(),
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: requestUnion(), examples: requestExamples() },
          },
        },
        responses: {
          '200': {
            description: 'JSON or an event stream, by operation. `X-Run-Id` comes with a stream only.',
            headers: runHeaders.extend({ 'X-Run-Id': runHeaders.shape['X-Run-Id'].optional() }),
            content: {
              'application/json': { schema: answerUnion(), examples: answerExamples() },
              'text/event-stream': eventStream('ThreadStreamEvent', streamExamples()),
            },
          },
          ...problems(
            'invalid-request',
            'invalid-json',
            'request-timeout',
            'overloaded',
            'invalid-cursor',
            'unknown-operation',
            'unauthenticated',
            'invalid-token',
            'thread-locked',
            'thread-closed',
            'thread-not-found',
            'item-not-found',
            'attachment-not-found',
            'attachments-disabled',
            'attachment-in-use',
            'attachment-not-uploaded',
            'attachment-limit-reached',
            'attachment-too-large',
            'attachment-type-not-accepted',
            'attachment-mismatch',
            'attachment-refused',
            'attachments-unavailable',
            'run-in-progress',
            'item-not-retryable',
            'item-not-answerable',
            'item-not-actionable',
            'no-pending-tool-call',
            'tool-call-expired',
            'structured-input-closed',
            'action-not-supported',
            'body-too-large',
            'unsupported-media-type',
            'model-not-allowed',
            'tool-not-allowed',
            'audio-not-usable',
            'rate-limited',
            'not-implemented',
            'transcription-failed',
            'transcription-unavailable',
            'upstream-unreachable',
            'upstream-failed',
            'store-unavailable',
            'shutting-down',
            'upstream-timeout',
          ),
          default: anyProblem,
        },
      },
    },
  };
}

function describe(): string {
  const rows = OPERATION_TYPES.map((type) => {
    const answer = isStreaming(type) ? 'event stream' : 'JSON';
    return `| \`${type}\` | ${answer} | ${SUMMARIES[type]} |`;
  });
  return [
    "This is ChatKit's `api.url`. The `type` of the body names the operation, and alone decides the form of the answer.",
    '',
    '| operation | answer | what it does |',
    '|---|---|---|',
    ...rows,
    '',
    'With `chat.backend: forward` every operation, also one that is unknown here, goes to the ' +
      'service behind the gateway, and its answer comes back as it is, JSON errors included.',
    '',
    '`input.transcribe` takes a recording of up to `transcription.maxBytes`, where `type` is the first key of the body; every other ' +
      'body is at most `server.bodyLimitBytes`. It answers 501 `not-implemented` where no server for it is configured.',
    '',
    'After the first byte of a stream an error is an `error` event, and the stream ends. Closing the connection stops the ' +
      'reply; what was written so far is kept.',
  ].join('\n');
}

function requestUnion() {
  const [first, ...rest] = OPERATION_TYPES.map((type) =>
    REQUESTS[type].meta({ id: toComponentName(type, 'Request'), description: SUMMARIES[type] }),
  );
  if (first === undefined) throw new Error('the protocol has no requests');
  return z.discriminatedUnion('type', [first, ...rest]).meta({
    id: 'ChatKitRequest',
    description: 'One operation. Fields that the gateway does not know are ignored.',
  });
}

function requestExamples() {
  return Object.fromEntries(
    OPERATION_TYPES.map((type) => [
      type,
      {
        summary: `${type}: ${SUMMARIES[type]}`,
        value: CHATKIT_REQUESTS[type],
      },
    ]),
  );
}

/** The schema of what an operation that is no stream answers. */
export function answerSchema(type: OperationType): z.ZodType {
  return requireEntry(JSON_ANSWERS, type).schema;
}

function answerUnion() {
  const [first, ...rest] = new Set(PLAIN.map(answerSchema));
  if (first === undefined) throw new Error('no operation answers with JSON');
  return z.union([first, ...rest]).meta({ id: 'ChatKitAnswer', description: 'By operation.' });
}

function answerExamples() {
  return Object.fromEntries(
    PLAIN.map((type) => [
      type,
      { summary: `${type}: ${SUMMARIES[type]}`, value: requireEntry(JSON_ANSWERS, type).example },
    ]),
  );
}

function streamExamples() {
  return Object.fromEntries(
    STREAMING.map((type) => [
      type,
      {
        summary: `${type}: ${STREAM_SUMMARIES[type] ?? SUMMARIES[type]}`,
        events: requireEntry(STREAMS, type),
      },
    ]),
  );
}

const STREAM_SUMMARIES: Readonly<Partial<Record<OperationType, string>>> = {
  'threads.create': 'A new thread, and a reply that calls a tool',
  'threads.add_user_message': 'A reply that failed',
  'threads.retry_after_item': 'A reply that is written again',
  'threads.add_client_tool_output': 'The rest of a reply',
  'threads.add_structured_input': 'The answered question, and the rest of the reply',
  'threads.custom_action': 'The widget in its new state',
};

/** An operation that became available without an example must not go unnoticed. */
function requireEntry<Entry>(entries: Readonly<Partial<Record<OperationType, Entry>>>, type: OperationType) {
  const entry = entries[type];
  if (entry === undefined) throw new Error(`the contract has no example of an answer of ${type}`);
  return entry;
}
