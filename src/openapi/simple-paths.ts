import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import {
  chatAnswer,
  chatRequest,
  conversation,
  conversationList,
  conversationPatch,
  conversationQuery,
  messageList,
  messageQuery,
} from '../chat/simple/schemas.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import { eventStream } from './event-stream.ts';
import { THREAD_ID, TITLE } from './examples/conversation.ts';
import * as examples from './examples/simple.ts';
import { limitedHeaders, runHeaders } from './headers.ts';
import { anyProblem, problems } from './problems.ts';

const TAG = 'Simple API';

/** What every route of the simple API can answer. */
const COMMON: readonly ErrorCode[] = [
  'unauthenticated',
  'invalid-token',
  'rate-limited',
  'upstream-unreachable',
  'upstream-failed',
  'store-unavailable',
  'upstream-timeout',
];
const BODY: readonly ErrorCode[] = [
  'invalid-request',
  'invalid-json',
  'request-timeout',
  'body-too-large',
  'overloaded',
  'unsupported-media-type',
];

const path = z.object({
  id: z.string().meta({ description: 'The id of the conversation.', example: THREAD_ID }),
});
const body = (schema: z.ZodType, value: Record<string, { summary: string; value: unknown }>) => ({
  required: true,
  content: { 'application/json': { schema, examples: value } },
});
const json = (description: string, schema: z.ZodType, summary: string, value: unknown) => ({
  description,
  headers: limitedHeaders,
  content: { 'application/json': { schema, examples: { answer: { summary, value } } } },
});

/** Messages and conversations, for scripts, services and front ends that do not use ChatKit. */
export function simplePaths(): ZodOpenApiPathsObject {
  return { '/api/chat': { post: chat() }, ...conversationPaths(), ...messagePaths() };
}

function chat() {
  return {
    tags: [TAG],
    operationId: 'chat',
    summary: 'Send a message and get the reply',
    description:
      'An event stream by default; one JSON answer with `stream: false` or `Accept: application/json`. The first ' +
      'frame names the conversation and the run, the last one is `done` or `error`. Closing the connection stops the ' +
      'reply; what was written so far is kept. Where a plain service answers, what it refuses at once is a problem with ' +
      'its status, and an answer of its that comes as one piece is JSON unless a stream is asked for. Widgets, images, ' +
      'questions to the user and tools of the page are shown by ChatKit only; a reply without a text of its own has ' +
      '`message_id: null`.',
    requestBody: body(chatRequest, {
      first: { summary: 'The first message of a conversation', value: examples.newConversation },
      next: { summary: 'A further message', value: examples.nextMessage },
      whole: { summary: 'One JSON answer', value: examples.wholeAnswer },
    }),
    responses: {
      '200': {
        description: 'The reply.',
        headers: runHeaders,
        content: {
          'text/event-stream': eventStream('ChatFrame', {
            reply: { summary: 'A reply that calls a tool', events: examples.frames },
            failure: { summary: 'A reply that failed', events: examples.failedFrames },
          }),
          'application/json': {
            schema: chatAnswer,
            examples: { answer: { summary: 'The whole reply', value: examples.answer } },
          },
        },
      },
      ...problems(
        ...BODY,
        ...COMMON,
        'thread-locked',
        'thread-closed',
        'thread-not-found',
        'attachment-not-found',
        'attachment-in-use',
        'attachment-not-uploaded',
        'attachment-mismatch',
        'run-in-progress',
        'model-not-allowed',
        'reply-failed',
        'upstream-refused',
        'upstream-unavailable',
        'shutting-down',
      ),
      default: anyProblem,
    },
  };
}

function conversationPaths(): ZodOpenApiPathsObject {
  const one = (description: string) =>
    json(description, conversation, 'A conversation', examples.conversation);
  return {
    '/api/conversations': {
      get: {
        tags: [TAG],
        operationId: 'listConversations',
        summary: 'List your conversations, newest first',
        requestParams: { query: conversationQuery },
        responses: {
          '200': json('A page of conversations.', conversationList, 'The last page', {
            data: [examples.conversation],
            has_more: false,
            after: examples.conversation.id,
          }),
          ...problems('invalid-request', 'invalid-cursor', ...COMMON),
          default: anyProblem,
        },
      },
    },
    '/api/conversations/{id}': {
      get: {
        tags: [TAG],
        operationId: 'getConversation',
        summary: 'Get a conversation',
        requestParams: { path },
        responses: {
          '200': one('The conversation.'),
          ...problems(...COMMON, 'thread-not-found'),
          default: anyProblem,
        },
      },
      patch: {
        tags: [TAG],
        operationId: 'renameConversation',
        summary: 'Rename a conversation',
        requestParams: { path },
        requestBody: body(conversationPatch, {
          rename: { summary: 'A new title', value: { title: TITLE } },
        }),
        responses: {
          '200': one('The renamed conversation.'),
          ...problems(...BODY, ...COMMON, 'thread-not-found'),
          default: anyProblem,
        },
      },
      delete: {
        tags: [TAG],
        operationId: 'deleteConversation',
        summary: 'Delete a conversation and everything in it',
        description: 'A reply that is being written in it is stopped first.',
        requestParams: { path },
        responses: {
          '204': { description: 'It is gone.', headers: limitedHeaders },
          ...problems(...COMMON, 'thread-not-found'),
          default: anyProblem,
        },
      },
    },
  };
}

function messagePaths(): ZodOpenApiPathsObject {
  return {
    '/api/conversations/{id}/messages': {
      get: {
        tags: [TAG],
        operationId: 'listMessages',
        summary: 'List the messages of a conversation, oldest first',
        description:
          'The tool calls of a reply stand at its message. A page can be shorter than its limit while `has_more` is true.',
        requestParams: { path, query: messageQuery },
        responses: {
          '200': json('A page of messages.', messageList, 'The last page', {
            data: examples.messages,
            has_more: false,
            after: examples.messages.at(-1)?.id ?? null,
          }),
          ...problems('invalid-request', 'invalid-cursor', ...COMMON, 'thread-not-found'),
          default: anyProblem,
        },
      },
    },
  };
}
