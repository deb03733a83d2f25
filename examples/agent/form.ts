import { defineAgent, defineTool } from 'chatkit-gateway';
import { action, button, card, form, input, title } from 'chatkit-gateway/widgets';
import { z } from 'zod';

const contact = z.object({ email: z.email() });

/** A form in a widget: what the user sends comes back as an action, which is answered with a stream. */
const askForContact = defineTool({
  name: 'ask_for_contact',
  description: 'Shows a form in which the user can leave an e-mail address.',
  async execute(_args, { reply }) {
    await reply.widget(
      card([
        title('How can we reach you?'),
        form({ onSubmitAction: action('contact.save') }, [
          input('email', { inputType: 'email', required: true }),
          button('Save', { submit: true }),
        ]),
      ]),
    );
    return 'The form is shown.';
  },
});

export default defineAgent({
  tools: [askForContact],
  async *onAction({ action: { type, payload }, sender, reply, runAgent }) {
    if (type !== 'contact.save' || sender === undefined) return;
    const given = contact.safeParse(payload);
    if (!given.success) {
      yield* reply.notice('This is no e-mail address.', { level: 'warning' });
      return;
    }
    yield* reply.updateWidget(sender, card([title(`Saved: ${given.data.email}`)]));
    yield* reply.hidden(`The user has left the address ${given.data.email}.`);
    yield* runAgent();
  },
});
