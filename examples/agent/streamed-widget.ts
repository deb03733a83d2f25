import { defineAgent, defineTool } from 'chatkit-gateway';
import { card, text, title } from 'chatkit-gateway/widgets';

/** A widget that changes while the tool works: each state is sent as the smallest update since the last one. */
const draft = defineTool({
  name: 'write_draft',
  description: 'Writes a draft of a letter and shows it.',
  async execute(_args, { reply }) {
    await reply.widget(states());
    return 'The user sees the draft.';
  },
});

async function* states() {
  let letter = '';
  for (const word of ['Dear ', 'Ada, ', 'thank ', 'you.']) {
    letter += word;
    yield card([title('Draft'), text(letter, { id: 'letter', streaming: true })]);
  }
  yield card([title('Draft'), text(letter, { id: 'letter' })]);
}

export default defineAgent({ tools: [draft] });
