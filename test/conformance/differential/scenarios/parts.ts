import { addMessage, create } from '../../../support/requests.ts';
import type { Program, Step } from '../../../support/programs.ts';
import type { Move, Request } from '../transcript.ts';

export const send = (request: object, program: Program = [], more: Partial<Move> = {}): Move => ({
  send: JSON.parse(JSON.stringify(request)) as Request,
  program,
  ...more,
});

export const event = (type: string, more: object = {}): Step => ({ yield: { type, ...more } });
export const added = (item: object): Step => event('thread.item.added', { item });
export const done = (item: object): Step => event('thread.item.done', { item });
export const replaced = (item: object): Step => event('thread.item.replaced', { item });
export const removed = (item_id: string): Step => event('thread.item.removed', { item_id });
export const updated = (item_id: string, update: object): Step =>
  event('thread.item.updated', { item_id, update });

const part = (text: string) => ({ type: 'output_text', text, annotations: [] });
export const text = (id: string, value: string) => ({
  id,
  type: 'assistant_message',
  content: [part(value)],
});
export const delta = (id: string, value: string) =>
  updated(id, { type: 'assistant_message.content_part.text_delta', content_index: 0, delta: value });
export const hidden = (id: string, content: unknown = 'secret') => ({
  id,
  type: 'hidden_context_item',
  content,
});
export const toolCall = (id: string, more: object = {}) => ({
  id,
  type: 'client_tool_call',
  status: 'pending',
  call_id: `call_${id}`,
  name: 'locate',
  arguments: { deep: 1 },
  ...more,
});
export const card = (id: string, value: string) => ({
  id,
  type: 'widget',
  widget: { type: 'Card', children: [{ type: 'Text', id: 'state', value }] },
});
export const question = (id: string) => ({
  id,
  type: 'structured_input',
  status: 'pending',
  inputs: [
    {
      id: 'one',
      type: 'multiple_choice',
      question: '1?',
      options: [{ value: 'a' }, { value: 'b' }],
      multiple: false,
    },
    {
      id: 'many',
      type: 'multiple_choice',
      question: 'n?',
      options: [{ value: 'a' }, { value: 'b' }],
      multiple: true,
    },
    { id: 'free', type: 'freeform', question: 'Free?', description: 'As you like' },
  ],
});
export const LOOK: Step = { report: 'history' };
export const TURN: Step = { report: 'turn' };

/** The first thread of a transcript, and its first item: the user's message. */
export const T = 'thread#0';
export const begin = (...program: Step[]) => send(create('Hello'), program);
export const say = (...program: Step[]) => send(addMessage(T, 'And now?'), program);
export const message = (value: string) => addMessage(T, value);
