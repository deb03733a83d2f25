import type { ZodOpenApiExampleObject, ZodOpenApiMediaTypeObject } from 'zod-openapi';
import { toStreamText } from './examples/conversation.ts';

/**
 * A `text/event-stream` body: `contentSchema` says what its frames hold, in order.
 * @param component the schema of one frame
 */
export function eventStream(
  component: string,
  streams: Readonly<Record<string, { readonly summary: string; readonly events: readonly object[] }>>,
): ZodOpenApiMediaTypeObject {
  const examples: Record<string, ZodOpenApiExampleObject> = {};
  for (const [name, { summary, events }] of Object.entries(streams)) {
    examples[name] = { summary, value: toStreamText(events) };
  }
  return {
    schema: {
      type: 'string',
      description: `Frames of the form \`data: <one ${component} as JSON>\`, each followed by an empty line. Lines that begin with a colon are heartbeats.`,
      contentMediaType: 'text/event-stream',
      contentSchema: { type: 'array', items: { $ref: `#/components/schemas/${component}` } },
    },
    examples,
  };
}
