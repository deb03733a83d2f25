import { z } from 'zod';
import { timestamp } from '../../chatkit/protocol/common.ts';
import { attachment } from '../../chatkit/protocol/items.ts';

export const chatRequest = z
  .object({
    message: z.string(),
    conversation_id: z.string().optional().meta({ description: 'Absent: a new conversation begins.' }),
    stream: z
      .boolean()
      .optional()
      .meta({ description: 'false: one JSON answer instead of an event stream.' }),
    model: z
      .string()
      .optional()
      .meta({ description: 'One of the models on offer, see GET /api/auth/session.' }),
    attachments: z
      .array(z.string())
      .optional()
      .meta({ description: 'Ids of files that were uploaded with POST /api/attachments.' }),
  })
  .refine(({ message, attachments = [] }) => message.trim() !== '' || attachments.length > 0, {
    path: ['message'],
    message: 'the message has no text',
  })
  .meta({ id: 'ChatRequest', example: { message: 'Add a task to buy milk' } });
export type ChatRequest = z.infer<typeof chatRequest>;

export const toolCall = z
  .object({
    id: z.string(),
    tool: z.string(),
    status: z.enum(['pending', 'success', 'error']),
    result: z.string().optional(),
  })
  .meta({ id: 'ToolCall' });
export type ToolCall = z.infer<typeof toolCall>;

export const chatFrame = z
  .union([
    z.object({ conversation_id: z.string(), run_id: z.string() }),
    z.object({ content: z.string() }),
    z.object({ tool_call: toolCall }),
    z.object({ notice: z.object({ level: z.enum(['info', 'warning', 'danger']), message: z.string() }) }),
    z.object({
      error: z.object({
        code: z.string(),
        message: z.string(),
        retry: z.boolean(),
        request_id: z
          .string()
          .meta({ description: 'As in X-Request-Id, for those who look into the log of the gateway.' }),
      }),
    }),
    z.object({ done: z.literal(true), message_id: z.string().nullable() }),
  ])
  .meta({ id: 'ChatFrame', description: 'One frame of the simple stream.' });
export type ChatFrame = z.infer<typeof chatFrame>;

export const chatAnswer = z
  .object({
    conversation_id: z.string(),
    run_id: z.string(),
    message_id: z.string().nullable(),
    content: z.string(),
    tool_calls: z.array(toolCall),
  })
  .meta({ id: 'ChatAnswer' });
export type ChatAnswer = z.infer<typeof chatAnswer>;

export const conversation = z
  .object({
    id: z.string(),
    title: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp
      .nullable()
      .meta({ description: 'null when the service behind the gateway does not say.' }),
  })
  .meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof conversation>;

export const message = z
  .object({
    id: z.string(),
    role: z.enum(['user', 'assistant']),
    content: z.string(),
    created_at: timestamp,
    tool_calls: z.array(toolCall),
    attachments: z.array(attachment).optional().meta({ description: 'Where the message has any.' }),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof message>;

export const conversationList = z
  .object({ data: z.array(conversation), has_more: z.boolean(), after: z.string().nullable() })
  .meta({ id: 'ConversationList' });
export const messageList = z
  .object({ data: z.array(message), has_more: z.boolean(), after: z.string().nullable() })
  .meta({ id: 'MessageList' });

export const conversationPatch = z
  .object({ title: z.string().min(1).max(500) })
  .meta({ id: 'ConversationPatch', example: { title: 'Shopping' } });

const page = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(20)
    .meta({ description: 'Most records of one page.' }),
  after: z
    .string()
    .optional()
    .meta({ description: 'What the page before gave as `after`; absent for the first page.' }),
};
export const conversationQuery = z.object({ ...page, order: z.enum(['asc', 'desc']).default('desc') });
export const messageQuery = z.object({ ...page, order: z.enum(['asc', 'desc']).default('asc') });
export type MessageQuery = z.infer<typeof messageQuery>;
