import { z } from 'zod';
import { annotation, iconName, jsonObject } from './common.ts';
import {
  assistantContent,
  generatedImage,
  visibleItem,
  widgetComponent,
  widgetRoot,
  type ThreadItem,
} from './items.ts';
import { task } from './tasks.ts';
import { thread } from './threads.ts';

export const itemUpdate = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('assistant_message.content_part.added'),
      content_index: z.int(),
      content: assistantContent,
    }),
    z.object({
      type: z.literal('assistant_message.content_part.text_delta'),
      content_index: z.int(),
      delta: z.string(),
    }),
    z.object({
      type: z.literal('assistant_message.content_part.annotation_added'),
      content_index: z.int(),
      annotation_index: z.int(),
      annotation,
    }),
    z.object({
      type: z.literal('assistant_message.content_part.done'),
      content_index: z.int(),
      content: assistantContent,
    }),
    z.object({
      type: z.literal('widget.streaming_text.value_delta'),
      component_id: z.string(),
      delta: z.string(),
      done: z.boolean(),
    }),
    z.object({ type: z.literal('widget.root.updated'), widget: widgetRoot }),
    z.object({
      type: z.literal('widget.component.updated'),
      component_id: z.string(),
      component: widgetComponent,
    }),
    z.object({ type: z.literal('workflow.task.added'), task_index: z.int(), task }),
    z.object({ type: z.literal('workflow.task.updated'), task_index: z.int(), task }),
    z.object({
      type: z.literal('generated_image.updated'),
      image: generatedImage,
      progress: z.number().optional(),
    }),
  ])
  .meta({ id: 'ThreadItemUpdate' });
export type ItemUpdate = z.infer<typeof itemUpdate>;

export const threadStreamEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('thread.created'), thread }),
    z.object({ type: z.literal('thread.updated'), thread }),
    z.object({ type: z.literal('thread.item.added'), item: visibleItem }),
    z.object({ type: z.literal('thread.item.updated'), item_id: z.string(), update: itemUpdate }),
    z.object({ type: z.literal('thread.item.done'), item: visibleItem }),
    z.object({ type: z.literal('thread.item.removed'), item_id: z.string() }),
    z.object({ type: z.literal('thread.item.replaced'), item: visibleItem }),
    z.object({ type: z.literal('stream_options'), stream_options: z.object({ allow_cancel: z.boolean() }) }),
    z.object({ type: z.literal('progress_update'), icon: iconName.optional(), text: z.string() }),
    z.object({ type: z.literal('client_effect'), name: z.string(), data: jsonObject }),
    z.object({
      type: z.literal('error'),
      code: z.enum(['stream.error', 'custom']),
      message: z.string().optional(),
      allow_retry: z.boolean(),
    }),
    z.object({
      type: z.literal('notice'),
      level: z.enum(['info', 'warning', 'danger']),
      message: z.string(),
      title: z.string().optional(),
    }),
  ])
  .meta({ id: 'ThreadStreamEvent' });

/** One frame of a ChatKit stream, as a client sees it. */
export type ThreadStreamEvent = z.infer<typeof threadStreamEvent>;
export type ErrorEvent = Extract<ThreadStreamEvent, { type: 'error' }>;

/** What a responder may yield. Hidden items are stored and kept from the client. */
export type ResponderEvent =
  | Exclude<
      ThreadStreamEvent,
      {
        type:
          | 'thread.created'
          | 'thread.updated'
          | 'thread.item.added'
          | 'thread.item.done'
          | 'thread.item.replaced'
          | 'stream_options'
          | 'error';
      }
    >
  | { type: 'thread.item.added' | 'thread.item.done' | 'thread.item.replaced'; item: ThreadItem };
