import { z } from 'zod';
import { createId } from '../../chatkit/ids.ts';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { WidgetItem } from '../../chatkit/protocol/items.ts';
import type { ActionTurn, SyncAction } from '../../chatkit/responder.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { TaskStore } from '../../store/task-store.ts';
import { createTranslator } from '../../texts/translator.ts';
import { parseWidget } from '../../widgets/parse-widget.ts';
import type { ActionHandlers } from './registry.ts';
import { ADD, TOGGLE } from './names.ts';
import { fieldOf, taskCard, taskLines } from './task-widgets.ts';
import { MAX_TASKS, MAX_TITLE_CHARS } from './tasks.ts';

const togglePayload = z.looseObject({ id: z.string() });
const addPayload = z.looseObject({ title: z.string() });

/** What the check boxes and the form of the task list do. */
export function createTaskActions({ tasks }: { readonly tasks: TaskStore }): ActionHandlers {
  const listOf = (owner: string) => tasks.listTasks(owner, { limit: MAX_TASKS });

  async function redraw(sender: WidgetItem, owner: string, locale: string): Promise<WidgetItem> {
    const found = await listOf(owner);
    const widget = parseWidget(taskCard(found, createTranslator(locale)));
    return { ...sender, widget, copy_text: taskLines(found) };
  }

  async function toggle({ action, sender, principal, locale }: SyncAction): Promise<WidgetItem | undefined> {
    const owner = principal.userKey;
    const { id, ...values } = read(togglePayload, action.payload);
    const checked = values[fieldOf(id)];
    const task = (await listOf(owner)).find((each) => each.id === id);
    // A task that is gone meanwhile leaves the card when it is drawn again.
    if (task !== undefined) {
      await tasks.setTaskCompleted(owner, id, typeof checked === 'boolean' ? checked : !task.completed);
    }
    return sender && (await redraw(sender, owner, locale));
  }

  async function* add(turn: ActionTurn): AsyncGenerator<ResponderEvent> {
    const { action, sender, principal, locale } = turn;
    const owner = principal.userKey;
    const title = read(addPayload, action.payload).title.trim().replaceAll(/\s+/g, ' ');
    if (title === '') return;
    if ((await listOf(owner)).length >= MAX_TASKS) {
      const message = createTranslator(locale)('The list is full.');
      yield { type: 'notice', level: 'warning', message };
      return;
    }
    const task = {
      id: createId('task'),
      title: title.slice(0, MAX_TITLE_CHARS),
      completed: false,
      createdAt: new Date().toISOString(),
    };
    await tasks.addTask(owner, task);
    const content = `The user added the task "${task.title}" (${task.id}) in the form of the task list.`;
    yield {
      type: 'thread.item.done',
      item: { ...turn.newItem('hidden_context'), type: 'hidden_context_item', content },
    };
    if (sender !== undefined) {
      yield { type: 'thread.item.replaced', item: await redraw(sender, owner, locale) };
    }
  }

  return { sync: { [TOGGLE]: toggle }, streamed: { [ADD]: add } };
}

/** @throws GatewayError `invalid-request` */
function read<Schema extends z.ZodType>(schema: Schema, payload: unknown): z.infer<Schema> {
  const result = schema.safeParse(payload);
  if (result.success) return result.data;
  throw new GatewayError('invalid-request', { detail: 'The action lacks what it needs in its payload.' });
}
