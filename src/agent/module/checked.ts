import { z } from 'zod';
import { itemUpdate, type ResponderEvent } from '../../chatkit/protocol/events.ts';
import {
  hiddenContextItem,
  sdkHiddenContextItem,
  visibleItem,
  type VisibleItem,
} from '../../chatkit/protocol/items.ts';
import { parseWidget, readWidget, type WidgetJson } from '../../widgets/parse-widget.ts';
import { isFromTemplate } from '../../widgets/template-mark.ts';
import { iconName, jsonObject } from '../../chatkit/protocol/common.ts';

/** An author's code gave the gateway something that ChatKit does not know. The message says what and where. */
export class InvalidReplyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidReplyError';
  }
}

/** Of one event as JSON. A picture as a data URL is the largest thing that anybody sends. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;
const MAX_ISSUES = 5;

const item = z.discriminatedUnion('type', [...visibleItem.options, hiddenContextItem, sdkHiddenContextItem]);

const responderEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.item.added'), item }),
  z.object({ type: z.literal('thread.item.done'), item }),
  z.object({ type: z.literal('thread.item.replaced'), item }),
  z.object({ type: z.literal('thread.item.updated'), item_id: z.string(), update: itemUpdate }),
  z.object({ type: z.literal('thread.item.removed'), item_id: z.string() }),
  z.object({ type: z.literal('progress_update'), icon: iconName.optional(), text: z.string() }),
  z.object({ type: z.literal('client_effect'), name: z.string(), data: jsonObject }),
  z.object({
    type: z.literal('notice'),
    level: z.enum(['info', 'warning', 'danger']),
    message: z.string(),
    title: z.string().optional(),
  }),
]) satisfies z.ZodType<ResponderEvent>;

/**
 * An event as it is stored and sent: a copy of its own, with the thread that it belongs to.
 * @throws InvalidReplyError
 */
export function toEvent(value: unknown, threadId: string): ResponderEvent {
  const event = check(responderEvent, value, 'event');
  return 'item' in event ? { ...event, item: { ...event.item, thread_id: threadId } } : event;
}

/** @throws InvalidReplyError */
export function toVisibleItem(value: unknown, threadId: string): VisibleItem {
  return { ...check(visibleItem, value, 'item'), thread_id: threadId };
}

/**
 * A widget in the place of another one, measured as a new one is.
 * @throws GatewayError `invalid-widget`
 */
export function toWidget(widget: unknown): WidgetJson {
  return isFromTemplate(widget) ? readWidget(widget) : parseWidget(widget);
}

/**
 * Checks what an author gave, as the JSON that it will be.
 * @throws InvalidReplyError that names the place of each mistake
 */
export function check<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(toJsonValue(value, what));
  if (result.success) return result.data;
  throw new InvalidReplyError(`this ${what} is not valid: ${describeIssues(result.error.issues)}`);
}

export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, MAX_ISSUES).map(({ path, message }) => {
    const place = path.map(String).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  return shown.join('; ');
}

function toJsonValue(value: unknown, what: string): unknown {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new InvalidReplyError(`this ${what} has no JSON form: ${(error as Error).message}`);
  }
  if (json === undefined) throw new InvalidReplyError(`this ${what} is ${typeof value}, not a value`);
  if (json.length > MAX_EVENT_CHARS) {
    throw new InvalidReplyError(`this ${what} is larger than ${MAX_EVENT_CHARS} characters`);
  }
  return JSON.parse(json);
}
