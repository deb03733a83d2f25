import { z } from 'zod';
import { defineTool } from './define-tool.ts';
import type { AgentTool } from './registry.ts';

const MAX_QUESTIONS = 5;
const MAX_OPTIONS = 20;

/** Lets the model ask the user with buttons and fields instead of in words. */
export function createQuestionTools({ timeoutMs }: { readonly timeoutMs: number }): readonly AgentTool[] {
  return [
    defineTool({
      name: 'ask_user',
      description:
        'Ask the user something that you need to know before you can go on. Give options where the answer is a choice.',
      parameters: z.object({
        questions: z
          .array(
            z.object({
              question: z.string().min(1).max(500),
              options: z
                .array(z.string().min(1).max(200))
                .max(MAX_OPTIONS)
                .describe('What the user can choose from; empty for an answer in their own words.'),
              multiple: z.boolean().describe('Whether several options can be chosen.'),
            }),
          )
          .min(1)
          .max(MAX_QUESTIONS),
      }),
      activeTitle: (_args, translate) => translate('Asking a question'),
      doneTitle: (_args, translate) => translate('Asked a question'),
      timeoutMs,
      async execute({ questions }, { reply }) {
        await reply.ask(
          questions.map(({ question, options, multiple }) =>
            options.length === 0 ? { question } : { question, options: [...new Set(options)], multiple },
          ),
        );
        return { asked: true };
      },
    }),
  ];
}
