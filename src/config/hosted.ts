import { z } from 'zod';
import { httpUrl, SECRET, section } from './parts.ts';

export const hostedSchema = section({
  workflowId: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Workflow of Agent Builder. null: POST /api/chatkit/session does not exist.'),
  workflowVersion: z.string().min(1).nullable().default(null).describe('null: the published version.'),
  apiKey: z.string().min(1).nullable().default(null).describe('OpenAI key. null: agent.apiKey.').meta(SECRET),
  baseUrl: httpUrl.nullable().default(null).describe('Address of the API; null: OpenAI.'),
  expiresSeconds: z.int().min(60).max(600).default(600).describe('Lifetime of a client secret.'),
  requestsPerMinute: z
    .int()
    .min(1)
    .max(1_000)
    .default(10)
    .describe('Requests that one session may make a minute.'),
}).describe('Client secrets for ChatKit hosted by OpenAI.');
