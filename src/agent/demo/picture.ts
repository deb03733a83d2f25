import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineTool } from '../tools/define-tool.ts';
import type { AgentTool } from '../tools/registry.ts';

const SKY = '<rect width="320" height="180" fill="#dbeafe"/>';
const SUN = '<circle cx="236" cy="58" r="30" fill="#fbbf24"/>';
const HILLS =
  '<path d="M0 140 Q80 80 160 130 T320 118 V180 H0Z" fill="#34d399"/>' +
  '<path d="M0 160 Q90 120 190 152 T320 148 V180 H0Z" fill="#059669"/>';
const HOUSE =
  '<path d="M70 128 h44 v34 h-44z" fill="#f8fafc"/><path d="M64 130 l28 -24 28 24z" fill="#b91c1c"/>' +
  '<path d="M86 144 h12 v18 h-12z" fill="#78350f"/>';

/** Each layer as one more frame, as an image model shows a picture while it draws. */
const LAYERS = [SKY, SUN, HILLS, HOUSE];

function toUrl(layers: readonly string[]): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180">${layers.join('')}</svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

/** The one picture that the demo model can draw. */
export function createPictureTools(options: {
  readonly delayMs: number;
  readonly timeoutMs: number;
}): readonly AgentTool[] {
  return [
    defineTool({
      name: 'draw_picture',
      description: 'Draw a picture.',
      parameters: z.object({}),
      activeTitle: (_args, translate) => translate('Drawing a picture'),
      doneTitle: (_args, translate) => translate('Drew a picture'),
      timeoutMs: options.timeoutMs,
      async execute(_args, { reply, signal }) {
        async function* frames() {
          for (let count = 1; count <= LAYERS.length; count += 1) {
            await sleep(options.delayMs * 10, undefined, { signal });
            yield { url: toUrl(LAYERS.slice(0, count)), progress: count / LAYERS.length };
          }
        }
        await reply.image(frames());
        return { drawn: true };
      },
    }),
  ];
}
