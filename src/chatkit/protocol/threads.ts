import { z } from 'zod';
import { pageOf, timestamp } from './common.ts';
import { visibleItem } from './items.ts';

export const threadStatus = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('active') }),
    z.object({ type: z.literal('locked'), reason: z.string().optional() }),
    z.object({ type: z.literal('closed'), reason: z.string().optional() }),
  ])
  .meta({ id: 'ThreadStatus' });
export type ThreadStatus = z.infer<typeof threadStatus>;

/** A thread as a client sees it. `metadata` is always sent empty: its content is the server's own. */
export const thread = z
  .object({
    id: z.string(),
    title: z.string().optional(),
    created_at: timestamp,
    status: threadStatus,
    allowed_image_domains: z.array(z.string()).optional(),
    metadata: z.object({}),
    items: pageOf(visibleItem),
  })
  .meta({ id: 'Thread' });
export type Thread = z.infer<typeof thread>;
