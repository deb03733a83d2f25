import { z } from 'zod';
import { annotation, jsonObject, timestamp } from './common.ts';
import { task, workflow } from './tasks.ts';

const itemBase = { id: z.string(), thread_id: z.string(), created_at: timestamp };

export const userMessagePart = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('input_text'), text: z.string() }),
    z.object({
      type: z.literal('input_tag'),
      id: z.string(),
      text: z.string(),
      data: jsonObject,
      group: z.string().optional(),
      interactive: z.boolean(),
    }),
  ])
  .meta({ id: 'UserMessagePart' });
export type UserMessagePart = z.infer<typeof userMessagePart>;

export const inferenceOptions = z
  .object({ tool_choice: z.object({ id: z.string() }).optional(), model: z.string().optional() })
  .meta({ id: 'InferenceOptions' });

const uploadDescriptor = z.object({
  url: z.url(),
  method: z.enum(['POST', 'PUT']),
  headers: z.record(z.string(), z.string()),
});
const attachmentBase = {
  id: z.string(),
  name: z.string(),
  mime_type: z.string(),
  upload_descriptor: uploadDescriptor.optional(),
  thread_id: z.string().optional(),
};
export const attachment = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('file'), ...attachmentBase }),
    z.object({ type: z.literal('image'), ...attachmentBase, preview_url: z.url() }),
  ])
  .meta({ id: 'Attachment' });
export type Attachment = z.infer<typeof attachment>;

export const assistantContent = z
  .object({ type: z.literal('output_text'), text: z.string(), annotations: z.array(annotation) })
  .meta({ id: 'AssistantContent' });
export type AssistantContent = z.infer<typeof assistantContent>;

/** A component of ChatKit's widget language, kept as it is. */
export const widgetComponent = z.looseObject({ type: z.string() }).meta({ id: 'WidgetComponent' });

/** The outermost component of a widget, kept as it is. */
export const widgetRoot = z
  .looseObject({ type: z.enum(['Card', 'ListView', 'Basic']) })
  .meta({ id: 'WidgetRoot' });

export const generatedImage = z.object({ id: z.string(), url: z.string() }).meta({ id: 'GeneratedImage' });

export const userMessageItem = z.object({
  ...itemBase,
  type: z.literal('user_message'),
  content: z.array(userMessagePart),
  attachments: z.array(attachment),
  quoted_text: z.string().optional(),
  inference_options: inferenceOptions,
});
export const assistantMessageItem = z.object({
  ...itemBase,
  type: z.literal('assistant_message'),
  content: z.array(assistantContent),
});
export const clientToolCallItem = z.object({
  ...itemBase,
  type: z.literal('client_tool_call'),
  status: z.enum(['pending', 'completed']),
  call_id: z.string(),
  name: z.string(),
  arguments: jsonObject,
  output: z.unknown().optional(),
});
export const widgetItem = z.object({
  ...itemBase,
  type: z.literal('widget'),
  widget: widgetRoot,
  copy_text: z.string().optional(),
});
export const generatedImageItem = z.object({
  ...itemBase,
  type: z.literal('generated_image'),
  image: generatedImage.optional(),
});

const structuredAnswer = z.object({ values: z.array(z.string()), skipped: z.boolean() });
const structuredBase = { id: z.string(), question: z.string(), answer: structuredAnswer.optional() };
export const structuredInput = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('multiple_choice'),
      ...structuredBase,
      options: z.array(z.object({ value: z.string() })),
      multiple: z.boolean(),
    }),
    z.object({ type: z.literal('freeform'), ...structuredBase, description: z.string().optional() }),
  ])
  .meta({ id: 'StructuredInput' });
export const structuredInputItem = z.object({
  ...itemBase,
  type: z.literal('structured_input'),
  status: z.enum(['pending', 'answered', 'skipped']),
  inputs: z.array(structuredInput),
});
export const taskItem = z.object({ ...itemBase, type: z.literal('task'), task });
export const workflowItem = z.object({ ...itemBase, type: z.literal('workflow'), workflow });
export const endOfTurnItem = z.object({ ...itemBase, type: z.literal('end_of_turn') });

/** Model input only. The two hidden kinds are stored and never sent to a client. */
export const hiddenContextItem = z.object({
  ...itemBase,
  type: z.literal('hidden_context_item'),
  content: z.unknown(),
});
export const sdkHiddenContextItem = z.object({
  ...itemBase,
  type: z.literal('sdk_hidden_context'),
  content: z.string(),
});

/** What a client may see. */
export const visibleItem = z
  .discriminatedUnion('type', [
    userMessageItem,
    assistantMessageItem,
    clientToolCallItem,
    widgetItem,
    generatedImageItem,
    structuredInputItem,
    taskItem,
    workflowItem,
    endOfTurnItem,
  ])
  .meta({ id: 'ThreadItem' });

export type UserMessageItem = z.infer<typeof userMessageItem>;
export type AssistantMessageItem = z.infer<typeof assistantMessageItem>;
export type WorkflowItem = z.infer<typeof workflowItem>;
export type WidgetItem = z.infer<typeof widgetItem>;
export type GeneratedImageItem = z.infer<typeof generatedImageItem>;
export type ClientToolCallItem = z.infer<typeof clientToolCallItem>;
export type StructuredInputItem = z.infer<typeof structuredInputItem>;
export type VisibleItem = z.infer<typeof visibleItem>;
export type HiddenItem = z.infer<typeof hiddenContextItem> | z.infer<typeof sdkHiddenContextItem>;

/** Everything that a thread stores. */
export type ThreadItem = VisibleItem | HiddenItem;

export function isHiddenItem(item: ThreadItem): item is HiddenItem {
  return item.type === 'hidden_context_item' || item.type === 'sdk_hidden_context';
}
