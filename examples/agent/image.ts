import { defineAgent, defineTool } from 'chatkit-gateway';

/** A picture that is shown while it is being drawn. */
const draw = defineTool({
  name: 'draw',
  description: 'Draws a picture.',
  async execute(_args, { reply }) {
    await reply.image(frames());
    return 'The picture is shown.';
  },
});

async function* frames() {
  yield { url: 'https://example.com/cat-rough.png', progress: 0.5 };
  yield { url: 'https://example.com/cat.png', progress: 1 };
}

export default defineAgent({ tools: [draw] });
