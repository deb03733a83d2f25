import type { z } from 'zod';
import { chatFrame } from '../chat/simple/schemas.ts';
import { timestamp } from '../chatkit/protocol/common.ts';
import { itemUpdate, threadStreamEvent } from '../chatkit/protocol/events.ts';
import { visibleItem } from '../chatkit/protocol/items.ts';
import { task } from '../chatkit/protocol/tasks.ts';

/** `thread.item.done` with the suffix `Event` becomes `ThreadItemDoneEvent`. */
export function toComponentName(type: string, suffix: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return words.join('') + suffix;
}

/** Each variant of a union gets a name of its own, so that it is a type of its own for whoever reads the contract. */
export function namedSchemas(): Record<string, z.ZodType> {
  return {
    ...nameVariants(threadStreamEvent.options, 'Event'),
    ...nameVariants(itemUpdate.options, 'Update'),
    ...nameVariants(visibleItem.options, 'Item'),
    ...nameVariants(task.options, 'Task'),
    ThreadStreamEvent: threadStreamEvent,
    ChatFrame: chatFrame,
    Timestamp: timestamp,
  };
}

type Variant = z.ZodObject<{ type: z.ZodLiteral<string> }>;

function nameVariants(variants: readonly unknown[], suffix: string): Record<string, z.ZodType> {
  return Object.fromEntries(
    (variants as readonly Variant[]).map((variant) => [
      toComponentName(variant.shape.type.value, suffix),
      variant,
    ]),
  );
}
