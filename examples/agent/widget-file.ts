import { defineAgent, defineTool } from 'chatkit-gateway';
import { widgetFromFile } from 'chatkit-gateway/widgets';
import { z } from 'zod';

/** A widget as the Widget Builder exports it, drawn with data that is checked against its schema. */
const forecast = widgetFromFile(new URL('./weather.widget', import.meta.url));

const weather = defineTool({
  name: 'weather',
  description: 'Looks up the weather of a city and shows it.',
  parameters: z.object({ city: z.string() }),
  async execute({ city }, { reply }) {
    await reply.widget(forecast.build({ city, degrees: 20, warning: 'Storm' }));
    return 'The user sees the weather.';
  },
});

export default defineAgent({ tools: [weather] });
