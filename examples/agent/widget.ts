import { defineAgent, defineTool } from 'chatkit-gateway';
import { card, caption, row, title } from 'chatkit-gateway/widgets';
import { z } from 'zod';

/** A tool that shows its result as a card. */
const weather = defineTool({
  name: 'weather',
  description: 'Looks up the weather of a city and shows it.',
  parameters: z.object({ city: z.string() }),
  activeTitle: ({ city }) => `Looking up ${city}`,
  async execute({ city }, { reply }) {
    const degrees = 20;
    await reply.widget(card([row([title(city), caption(`${degrees}°`)])]), {
      copyText: `${city}: ${degrees}°`,
    });
    return { degrees, shown: 'The user sees a card with the weather.' };
  },
});

export default defineAgent({ tools: [weather] });
