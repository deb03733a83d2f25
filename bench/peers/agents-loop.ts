/** The bare loop: one agent of the agents SDK behind node:http. Arguments: base URL, `responses` or `chat`. */
import { Agent, Runner } from '@openai/agents';
import { OpenAIProvider } from '@openai/agents-openai';
import { INSTRUCTIONS } from './instructions.ts';
import { MODEL } from './reply.ts';
import { servePrompt } from './serve-prompt.ts';

const [baseURL = '', api] = process.argv.slice(2);
const agent = new Agent({ name: 'Assistant', instructions: INSTRUCTIONS, model: MODEL });
const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL, apiKey: 'none', useResponses: api === 'responses' }),
  tracingDisabled: true,
});

servePrompt(async function* (prompt, signal) {
  const result = await runner.run(agent, prompt, { stream: true, signal });
  for await (const event of result) {
    if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta')
      yield event.data.delta;
  }
  await result.completed;
});
