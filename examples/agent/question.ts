import { defineAgent, defineTool } from 'chatkit-gateway';

/** A tool that asks the user. The reply ends with the questions, and goes on when they are answered. */
const order = defineTool({
  name: 'order_coffee',
  description: 'Begins an order of coffee. The user is asked for what is missing.',
  async execute(_args, { reply }) {
    await reply.ask([
      { id: 'size', question: 'Which size?', options: ['small', 'large'] },
      { id: 'extras', question: 'Anything with it?', options: ['milk', 'sugar'], multiple: true },
      { id: 'name', question: 'Whose name goes on the cup?' },
    ]);
    return 'The user has been asked. Confirm the order with the answers.';
  },
});

export default defineAgent({ tools: [order] });
