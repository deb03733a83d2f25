import { z } from 'zod';
import { jsonObject } from './common.ts';
import { lenientBoolean, lenientCount } from './lenient.ts';

export const DEFAULT_PAGE_SIZE = 20;

/** ChatKit's own client asks for 9,999 threads at once; nothing known asks for more. */
const MAX_PAGE_SIZE = 10_000;

/** No system knows a longer name of a file, or of its type. */
const MAX_FILE_FACT_CHARS = 4_096;

/** Absent, null and 0 mean the default. */
const limit = lenientCount(MAX_PAGE_SIZE)
  .nullish()
  .transform((value) => value || DEFAULT_PAGE_SIZE);

const pageParams = {
  limit,
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
};

const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

export const userMessageInput = z
  .object({
    content: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('input_text'), text: z.string() }),
        z.object({
          type: z.literal('input_tag'),
          id: z.string(),
          text: z.string(),
          data: jsonObject,
          group: optional(z.string()),
          interactive: lenientBoolean.default(false),
        }),
      ]),
    ),
    attachments: z.array(z.string()),
    quoted_text: optional(z.string()),
    inference_options: z.object({
      tool_choice: optional(z.object({ id: z.string() })),
      model: optional(z.string()),
    }),
  })
  .meta({ id: 'UserMessageInput' });
export type UserMessageInput = z.infer<typeof userMessageInput>;

const structuredSubmission = z.object({
  status: z.enum(['answered', 'skipped']).default('answered'),
  answers: z
    .record(
      z.string(),
      z.object({ values: z.array(z.string()).default([]), skipped: lenientBoolean.default(false) }),
    )
    .default({}),
});

const action = z.object({ type: z.string(), payload: z.unknown().optional() });
const actionParams = z.object({ thread_id: z.string(), item_id: optional(z.string()), action });

const metadata = jsonObject.default({});
const request = <Type extends string, Params extends z.ZodType>(type: Type, params: Params) =>
  z.object({ type: z.literal(type), params, metadata });

/** The 16 requests of the protocol, by operation. */
export const REQUESTS = {
  'threads.create': request('threads.create', z.object({ input: userMessageInput })),
  'threads.add_user_message': request(
    'threads.add_user_message',
    z.object({ thread_id: z.string(), input: userMessageInput }),
  ),
  'threads.add_client_tool_output': request(
    'threads.add_client_tool_output',
    z.object({ thread_id: z.string(), result: z.unknown() }),
  ),
  'threads.add_structured_input': request(
    'threads.add_structured_input',
    z.object({ thread_id: z.string(), item_id: z.string(), input: structuredSubmission }),
  ),
  'threads.retry_after_item': request(
    'threads.retry_after_item',
    z.object({ thread_id: z.string(), item_id: z.string() }),
  ),
  'threads.custom_action': request('threads.custom_action', actionParams),
  'threads.sync_custom_action': request('threads.sync_custom_action', actionParams),
  'threads.get_by_id': request('threads.get_by_id', z.object({ thread_id: z.string() })),
  'threads.list': request('threads.list', z.object(pageParams)),
  'items.list': request('items.list', z.object({ thread_id: z.string(), ...pageParams })),
  'items.feedback': request(
    'items.feedback',
    z.object({
      thread_id: z.string(),
      item_ids: z.array(z.string()),
      kind: z.enum(['positive', 'negative']),
    }),
  ),
  'attachments.create': request(
    'attachments.create',
    z.object({
      name: z.string().max(MAX_FILE_FACT_CHARS),
      size: lenientCount(Number.MAX_SAFE_INTEGER),
      mime_type: z.string().max(MAX_FILE_FACT_CHARS),
    }),
  ),
  'attachments.delete': request('attachments.delete', z.object({ attachment_id: z.string() })),
  'threads.update': request('threads.update', z.object({ thread_id: z.string(), title: z.string() })),
  'threads.delete': request('threads.delete', z.object({ thread_id: z.string() })),
  'input.transcribe': request(
    'input.transcribe',
    z.object({ audio_base64: z.string(), mime_type: z.string() }),
  ),
} as const;

/** ChatKit's request type: what limits, authorisation, metrics and audit are counted by. */
export type OperationType = keyof typeof REQUESTS;
export const OPERATION_TYPES = Object.keys(REQUESTS) as OperationType[];

export type ChatKitRequest<Type extends OperationType = OperationType> = {
  [Key in Type]: z.infer<(typeof REQUESTS)[Key]>;
}[Type];

const STREAMING: ReadonlySet<string> = new Set<OperationType>([
  'threads.create',
  'threads.add_user_message',
  'threads.add_client_tool_output',
  'threads.add_structured_input',
  'threads.retry_after_item',
  'threads.custom_action',
]);

/** Whether the answer of this operation is an event stream. */
export function isStreaming(type: string): boolean {
  return STREAMING.has(type);
}

export function isOperationType(type: string): type is OperationType {
  return Object.hasOwn(REQUESTS, type);
}
