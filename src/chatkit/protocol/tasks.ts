import { z } from 'zod';
import { fileSource, iconName, urlSource } from './common.ts';

const statusIndicator = z.enum(['none', 'loading', 'complete']);

export const customTask = z.object({
  type: z.literal('custom'),
  status_indicator: statusIndicator,
  title: z.string().optional(),
  icon: iconName.optional(),
  content: z.string().optional(),
});
const searchTask = z.object({
  type: z.literal('web_search'),
  status_indicator: statusIndicator,
  title: z.string().optional(),
  title_query: z.string().optional(),
  queries: z.array(z.string()),
  sources: z.array(urlSource),
});
const thoughtTask = z.object({
  type: z.literal('thought'),
  status_indicator: statusIndicator,
  title: z.string().optional(),
  content: z.string(),
});
const fileTask = z.object({
  type: z.literal('file'),
  status_indicator: statusIndicator,
  title: z.string().optional(),
  sources: z.array(fileSource),
});
const imageTask = z.object({
  type: z.literal('image'),
  status_indicator: statusIndicator,
  title: z.string().optional(),
});

export const task = z
  .discriminatedUnion('type', [customTask, searchTask, thoughtTask, fileTask, imageTask])
  .meta({ id: 'Task' });
export type Task = z.infer<typeof task>;

/** `duration` is in whole seconds. */
const workflowSummary = z.union([
  z.object({ title: z.string(), icon: iconName.optional() }),
  z.object({ duration: z.int() }),
]);

export const workflow = z
  .object({
    type: z.enum(['custom', 'reasoning']),
    tasks: z.array(task),
    summary: workflowSummary.optional(),
    expanded: z.boolean(),
  })
  .meta({ id: 'Workflow' });
export type Workflow = z.infer<typeof workflow>;
