import { setTimeout as sleep } from 'node:timers/promises';
import { defineAgent } from 'chatkit-gateway';

/** A reply without a model: words that arrive one by one, and the source that they are from. */
export default defineAgent({
  async *respond({ input, reply, signal }) {
    const question = input?.content.map((part) => part.text).join('') ?? '';
    yield* reply.text(`You said: ${question}`);
    yield* reply.text(words('All of this is from the manual.', signal), {
      annotations: [{ type: 'url', title: 'The manual', url: 'https://example.com/manual' }],
    });
  },
});

async function* words(text: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const word of text.split(/(?<= )/)) {
    await sleep(20, undefined, { signal });
    yield word;
  }
}
