import { z } from 'zod';
import { httpUrl, milliseconds, SECRET, section } from './parts.ts';

/** What browsers record, and what people upload. Parameters such as `codecs=opus` may follow. */
export const AUDIO_TYPES = ['audio/webm', 'audio/ogg', 'audio/mp4', 'audio/mpeg', 'audio/wav'] as const;
export type AudioType = (typeof AUDIO_TYPES)[number];

export const transcriptionSchema = section({
  enabled: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('auto: where there is a key or a baseUrl of its own, or agent.apiKey.'),
  model: z
    .string()
    .min(1)
    .default('gpt-4o-mini-transcribe')
    .describe('The model that turns speech into text.'),
  baseUrl: httpUrl
    .nullable()
    .default(null)
    .describe('Address of a server with the audio API of OpenAI; null: agent.baseUrl, or OpenAI.'),
  apiKey: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Key of that server. null: agent.apiKey, where the server is the same.')
    .meta(SECRET),
  mediaTypes: z
    .array(z.enum(AUDIO_TYPES))
    .min(1)
    .default([...AUDIO_TYPES])
    .describe('Recordings that are taken.'),
  maxBytes: z
    .int()
    .min(1024)
    .max(26_214_400)
    .default(10_485_760)
    .describe('Largest recording. It may be larger than server.bodyLimitBytes.'),
  maxSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('Longest recording, where its container tells how long it is: ogg, mp4 and wav.'),
  timeoutMs: milliseconds.default(60_000).describe('Longest wait for the text.'),
}).describe('Speech to text, where chat.backend is agent or bridge.');
