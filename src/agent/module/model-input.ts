import type { AgentInputItem } from '@openai/agents-core';
import type {
  Attachment,
  ThreadItem,
  UserMessageItem,
  UserMessagePart,
} from '../../chatkit/protocol/items.ts';
import type { Turn } from '../../chatkit/responder.ts';
import type { GivenInput } from '../history/to-model-input.ts';
import { callWithin } from './bounded.ts';
import { InvalidReplyError } from './checked.ts';
import type { AttachmentPart, ToModelInput } from './definition.ts';

/** Stored items as far as the gateway turns them into model input, and what an author has made of the others. */
export interface AuthorInput {
  readonly items: readonly ThreadItem[];
  readonly given: ReadonlyMap<string, GivenInput>;
}

/** A hook that fails or gives something else is logged; then the model reads what it reads without it. */
export async function applyModelInput(
  hooks: ToModelInput | undefined,
  items: readonly ThreadItem[],
  turn: Turn,
  timeoutMs: number,
): Promise<AuthorInput> {
  const usual: AuthorInput = { items, given: new Map() };
  if (hooks === undefined) return usual;
  try {
    const { signal } = turn;
    return await callWithin('toModelInput', { signal, timeoutMs }, (stop) =>
      applyAll(hooks, items, { ...turn, signal: stop }),
    );
  } catch (error) {
    if (!turn.signal.aborted) turn.logger.error({ err: error }, 'toModelInput of the module was not used');
    return usual;
  }
}

async function applyAll(hooks: ToModelInput, items: readonly ThreadItem[], turn: Turn): Promise<AuthorInput> {
  const given = new Map<string, GivenInput>();
  const changed: ThreadItem[] = [];
  for (const item of items) {
    turn.signal.throwIfAborted();
    const instead = await attempt(turn, 'item', async () => toInstead(await hooks.item?.(item, turn)));
    if (instead !== undefined) given.set(item.id, { instead });
    if (instead !== undefined || item.type !== 'user_message') changed.push(item);
    else changed.push(await applyToMessage(hooks, item, turn, given));
  }
  return { items: changed, given };
}

async function applyToMessage(
  hooks: ToModelInput,
  item: UserMessageItem,
  turn: Turn,
  given: Map<string, GivenInput>,
): Promise<UserMessageItem> {
  const content: UserMessagePart[] = [];
  for (const part of item.content) {
    const meaning =
      part.type === 'input_tag'
        ? await attempt(turn, 'tag', async () => requireText(await hooks.tag?.(part, turn)))
        : undefined;
    content.push(part.type === 'input_tag' && meaning !== undefined ? { ...part, data: { meaning } } : part);
  }
  const attachments: Attachment[] = [];
  const after: AgentInputItem[] = [];
  for (const attachment of item.attachments) {
    const made = await attempt(turn, 'attachment', async () =>
      toPart(await hooks.attachment?.(attachment, turn), attachment),
    );
    if (made === undefined) attachments.push(attachment);
    else after.push(made);
  }
  if (after.length > 0) given.set(item.id, { after });
  return { ...item, content, attachments };
}

async function attempt<T>(turn: Turn, name: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    turn.signal.throwIfAborted();
    turn.logger.error({ err: error, hook: name }, 'toModelInput.%s of the module failed', name);
    return undefined;
  }
}

function requireText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidReplyError(`toModelInput.tag gives a text, not ${typeof value}`);
}

function toInstead(value: unknown): readonly AgentInputItem[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return [{ role: 'user', content: value }];
  const isInput = (each: unknown) =>
    typeof each === 'object' && each !== null && ('role' in each || 'type' in each);
  if (Array.isArray(value) && value.every(isInput)) return value as AgentInputItem[];
  throw new InvalidReplyError('toModelInput.item gives a text or a list of model input');
}

function toPart(value: unknown, { name, mime_type: type }: Attachment): AgentInputItem | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { role: 'user', content: value };
  const isPart =
    typeof value === 'object' && value !== null && 'type' in value && String(value.type).startsWith('input_');
  if (!isPart) throw new InvalidReplyError('toModelInput.attachment gives a text or a part of a message');
  return {
    role: 'user',
    content: [{ type: 'input_text', text: `[Attachment: ${name} (${type})]` }, value as AttachmentPart],
  };
}
