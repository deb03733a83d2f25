import { defineAgent } from 'chatkit-gateway';

/** Titles of one's own. Nothing returned: the first words of the message. */
export default defineAgent({
  title: (message) => (/\binvoice\b/i.test(message) ? 'About an invoice' : undefined),
});
