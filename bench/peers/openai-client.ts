/** The `openai` client alone behind node:http. Arguments: base URL, `responses` or `chat`. */
import OpenAI from 'openai';
import { INSTRUCTIONS } from './instructions.ts';
import { MODEL } from './reply.ts';
import { servePrompt, type Ask } from './serve-prompt.ts';

const [baseURL = '', api] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'none' });

const askResponses: Ask = async function* (prompt, signal) {
  const stream = await client.responses.create(
    { model: MODEL, instructions: INSTRUCTIONS, input: prompt, stream: true },
    { signal },
  );
  for await (const event of stream) if (event.type === 'response.output_text.delta') yield event.delta;
};

const askChat: Ask = async function* (prompt, signal) {
  const messages = [
    { role: 'system' as const, content: INSTRUCTIONS },
    { role: 'user' as const, content: prompt },
  ];
  const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true }, { signal });
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta.content;
    if (delta) yield delta;
  }
};

servePrompt(api === 'responses' ? askResponses : askChat);
