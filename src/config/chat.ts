import { z } from 'zod';
import { bridgeSchema } from './bridge.ts';
import { hostedSchema } from './hosted.ts';
import { milliseconds, path, section } from './parts.ts';

export const chatSchema = section({
  backend: z
    .enum(['agent', 'forward', 'bridge'])
    .default('agent')
    .describe(
      'agent: the built-in agent. forward: a service that speaks ChatKit. bridge: a plain chat endpoint.',
    ),
  firstByteHoldMs: milliseconds
    .default(2_000)
    .describe(
      'How long the status of a stream waits for the service, so that its refusal can still be a status.',
    ),
  checkpointMs: z
    .int()
    .min(50)
    .max(1000)
    .default(500)
    .describe('Most time between savings of a growing reply.'),
  clientToolTimeoutMs: milliseconds
    .default(3_600_000)
    .describe(
      'How long a tool of the page may take to answer; after that its answer is refused (tool-call-expired).',
    ),
  forward: section({
    upstream: z.string().default('api').describe('Name of the upstream that speaks ChatKit.'),
    path: path.default('/chatkit').describe('Path of its ChatKit endpoint.'),
    unknownOperations: z
      .enum(['pass', 'refuse'])
      .default('pass')
      .describe('What happens to an operation that the gateway does not know.'),
    unknownEvents: z
      .enum(['pass', 'drop'])
      .default('pass')
      .describe('What happens to an event of a stream that the gateway does not know.'),
  }).describe('The service that speaks ChatKit, where chat.backend is forward.'),
  bridge: bridgeSchema,
  hosted: hostedSchema,
}).describe('What answers in the chat.');
