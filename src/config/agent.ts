import { z } from 'zod';
import { httpUrl, milliseconds, SECRET, section } from './parts.ts';

export const agentSchema = section({
  module: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'A module of your own, .ts or .js, whose default export is defineAgent({ … }): an agent or a whole reply, ' +
        'tools, actions. A relative path begins at this file.',
    ),
  name: z
    .string()
    .min(1)
    .max(64)
    .default('Assistant')
    .describe('How the agent is called in logs and traces.'),
  instructions: z
    .string()
    .default(
      'You are a helpful assistant. Answer briefly and in the language of the user. ' +
        'Use the task tools whenever the user talks about tasks, to-dos or reminders.',
    )
    .describe('The system prompt.'),
  model: z
    .string()
    .min(1)
    .default('gpt-5-mini')
    .describe('The model that answers unless the user picks another one.'),
  models: z.array(z.string().min(1)).default([]).describe('Further models that a user may pick in ChatKit.'),
  api: z
    .enum(['responses', 'chat_completions'])
    .default('responses')
    .describe('What the model server speaks. Ollama, vLLM and most others: chat_completions.'),
  baseUrl: httpUrl.nullable().default(null).describe('Address of an OpenAI-compatible server; null: OpenAI.'),
  apiKey: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Key of the model server. Without a key and a baseUrl the offline demo model answers.')
    .meta(SECRET),
  reasoning: z
    .boolean()
    .default(false)
    .describe(
      'Ask reasoning models of the responses API for summaries of their thoughts, and show them. ' +
        'OpenAI gives them to verified organisations only.',
    ),
  tools: z
    .array(z.enum(['tasks', 'questions', 'theme']))
    .default(['tasks'])
    .describe(
      'Built-in tools. tasks: a task list. questions: asking the user with buttons and fields. ' +
        'theme: the client tool switch_theme, for pages that handle it. The demo model has all three.',
    ),
  titles: z.boolean().default(true).describe('Let the model title a thread after its first turn.'),
  historyItems: z
    .int()
    .min(1)
    .max(2000)
    .default(100)
    .describe('Newest items of a thread that the model is given.'),
  maxTurns: z.int().min(1).max(100).default(12).describe('Model calls within one reply.'),
  requestTimeoutMs: milliseconds.default(120_000).describe('Longest wait for the model between two events.'),
  toolTimeoutMs: milliseconds.default(30_000).describe('Longest run of one tool call.'),
}).describe('The built-in agent, where chat.backend is agent.');
