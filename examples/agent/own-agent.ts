import { Agent, tool } from '@openai/agents';
import { contextOf, defineAgent } from 'chatkit-gateway';
import { title, card } from 'chatkit-gateway/widgets';
import { z } from 'zod';

/** An agent of the SDK with a tool of the SDK, which finds the reply in its context. */
const dice = tool({
  name: 'roll_dice',
  description: 'Rolls a die.',
  parameters: z.object({ sides: z.number() }),
  async execute({ sides }, run) {
    const { reply } = contextOf(run);
    await reply.widget(card([title(`${sides} of ${sides}`)]));
    return `The die shows ${sides}.`;
  },
});

const referee = new Agent({
  name: 'Referee',
  instructions: 'You settle disputes about the rules of games.',
});

export default defineAgent({
  agent: new Agent({
    name: 'Croupier',
    instructions: 'You roll dice. Hand disputes over to the referee.',
    tools: [dice],
    handoffs: [referee],
  }),
});
