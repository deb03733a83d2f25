import { defineAgent, defineTool } from 'chatkit-gateway';

/** Ends a conversation: the thread takes no more messages. */
const handOver = defineTool({
  name: 'hand_over',
  description: 'Hands the conversation over to a person. Nothing can be written in it after that.',
  async execute(_args, { reply }) {
    await reply.notice('A colleague will write to you by e-mail.', { title: 'Handed over' });
    await reply.lock('A colleague has taken over.');
    return 'Say goodbye.';
  },
});

export default defineAgent({ tools: [handOver] });
