import { z } from 'zod';
import { path, SECRET, section } from './parts.ts';

/** A path into a JSON value, such as `choices.0.delta.content`. */
const jsonPath = z.string().min(1).max(200);

export const FRAME_FORMATS = ['auto', 'json-events', 'openai', 'vercel', 'text', 'ndjson', 'json'] as const;

export const bridgeSchema = section({
  upstream: z.string().default('api').describe('Name of the upstream with the chat endpoint.'),
  path: path
    .default('/chat')
    .describe('Path of its chat endpoint, with a query if it needs one. Placeholders of ids are filled in.'),
  method: z
    .enum(['POST', 'PUT', 'GET'])
    .default('POST')
    .describe('Method of its chat endpoint; GET sends the request as a query.'),
  request: z
    .record(z.string(), z.unknown())
    .default({ message: '{{message}}', conversation_id: '{{conversation_id}}' })
    .describe(
      'The body, as a template. {{message}}, {{conversation_id}}, {{history}}, {{attachments}}, {{user_id}}, ' +
        '{{user_issuer}}, {{user_key}}, {{user_name}}, {{tenant}}, {{locale}}, {{model}} and {{thread_id}} are filled in; ' +
        'a key whose whole value is a placeholder without a value is left out. {{history}} as an entry of a list adds its ' +
        'messages to the list. {{attachments}} is a list of files with id, name, mime_type and a url to get them from for ' +
        'a while; naming it lets users attach files. {{user_key}} is issuer and id in one text, for where users of several ' +
        'issuers come.',
    ),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'Further request headers, with the same placeholders except {{message}}, {{history}} and {{attachments}}.',
    )
    .meta(SECRET),
  historyItems: z
    .int()
    .min(0)
    .max(500)
    .default(20)
    .describe(
      'Newest messages in {{history}}. The message to answer is the last of them where the template has no {{message}}.',
    ),
  historyMessage: z
    .record(z.string(), z.unknown())
    .default({ role: '{{role}}', content: '{{content}}' })
    .describe('One message of {{history}}, as a template of {{role}} and {{content}}.'),
  historyRoles: section({
    user: z.string().min(1).default('user').describe('What the user is called there.'),
    assistant: z.string().min(1).default('assistant').describe('What the assistant is called there.'),
  }).describe('The roles in {{history}}.'),
  conversationId: section({
    from: z
      .enum(['response', 'header', 'thread'])
      .default('response')
      .describe(
        'response: the service makes the id and tells it in a frame. header: in a response header. ' +
          'thread: the gateway gives its own thread id.',
      ),
    path: jsonPath.default('conversation_id').describe('Where it stands in the frame.'),
    header: z.string().min(1).default('X-Conversation-Id').describe('Name of the header.'),
  }).describe('Where the conversation id of the service comes from.'),
  response: section({
    format: z
      .enum(FRAME_FORMATS)
      .default('auto')
      .describe(
        'auto: by content type and first frame. json-events: data: {"content"}. openai: chat-completions chunks. ' +
          'vercel: AI data stream. text: plain text, also as the data of events. ndjson: a JSON value a line. ' +
          'json: one JSON answer.',
      ),
    content: z
      .array(jsonPath)
      .default([
        'content',
        'delta',
        'text',
        'token',
        'message',
        'answer',
        'reply',
        'response',
        'delta.content',
        'delta.text',
        'message.content',
      ])
      .describe('Where the text stands, the first path that holds a text.'),
    toolCall: jsonPath
      .default('tool_call')
      .describe('Where a tool call stands: {id?, tool, status, result?}.'),
    error: jsonPath.default('error').describe('Where an error stands: a text, or {message}.'),
    done: z.array(z.string()).default(['[DONE]']).describe('Frames that end the reply.'),
  }).describe('How its answer is read.'),
  titles: z
    .enum(['message', 'none'])
    .default('message')
    .describe('message: a new thread is named after the first words of its message.'),
}).describe('The plain streaming endpoint that answers, where chat.backend is bridge.');
