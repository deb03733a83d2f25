import { defineAgent, defineTool } from 'chatkit-gateway';
import { z } from 'zod';

/** A tool that shows its steps, with sources, while it works. */
const research = defineTool({
  name: 'research',
  description: 'Researches a topic.',
  parameters: z.object({ topic: z.string() }),
  activeTitle: ({ topic }) => `Researching ${topic}`,
  doneTitle: ({ topic }) => `Researched ${topic}`,
  async execute({ topic }, { reply }) {
    const steps = await reply.workflow();
    const search = await steps.add({ type: 'web_search', queries: [topic], sources: [] });
    await reply.progress('Reading what was found', { icon: 'book-open' });
    await steps.done(search, {
      sources: [{ type: 'url', title: `About ${topic}`, url: 'https://example.com/about' }],
    });
    await steps.add('Comparing the sources');
    await steps.end({ summary: `Two steps about ${topic}` });
    return { found: `${topic} is well understood.` };
  },
});

export default defineAgent({ tools: [research] });
