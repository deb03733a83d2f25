import { defineAgent, defineTool } from 'chatkit-gateway';
import { action, card, checkbox } from 'chatkit-gateway/widgets';

/** Check boxes that keep their state: an action that is answered at once, also while a reply is being written. */
const done = new Map<string, boolean>();

function list(owner: string) {
  return card([
    checkbox('milk', {
      label: 'Buy milk',
      defaultChecked: done.get(owner) ?? false,
      onChangeAction: action('milk.toggle'),
    }),
  ]);
}

const showList = defineTool({
  name: 'show_list',
  description: 'Shows the shopping list.',
  async execute(_args, { owner, reply }) {
    await reply.widget(list(owner));
    return 'The list is shown.';
  },
});

export default defineAgent({
  tools: [showList],
  onSyncAction({ action: { type }, owner }) {
    if (type !== 'milk.toggle') return;
    done.set(owner, !(done.get(owner) ?? false));
    return list(owner);
  },
});
