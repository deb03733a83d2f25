import { z } from 'zod';
import type { StructuredInputItem } from '../../chatkit/protocol/items.ts';
import { check } from './checked.ts';

/** One question to the user: with options a choice, without a free text. */
export interface Question {
  /** What the answer is found by; `q1`, `q2`, … unless given. */
  readonly id?: string;
  readonly question: string;
  readonly options?: readonly string[];
  /** Whether several options may be chosen. */
  readonly multiple?: boolean;
  /** Explains a question with a free text. */
  readonly description?: string;
}

/** What the user answered, by question. An empty list: skipped. */
export type Answers = Readonly<Record<string, readonly string[]>>;

const MAX_QUESTIONS = 50;
const MAX_OPTIONS = 200;

const questions = z
  .array(
    z.strictObject({
      id: z.string().min(1).optional(),
      question: z.string().min(1),
      options: z.array(z.string().min(1)).min(1).max(MAX_OPTIONS).optional(),
      multiple: z.boolean().optional(),
      description: z.string().optional(),
    }),
  )
  .min(1)
  .max(MAX_QUESTIONS)
  .refine((list) => new Set(list.map(idOf)).size === list.length, 'two questions have the same id');

function idOf({ id }: { readonly id?: string | undefined }, index: number): string {
  return id ?? `q${index + 1}`;
}

/** @throws InvalidReplyError */
export function toInputs(
  given: string | Question | readonly (string | Question)[],
): StructuredInputItem['inputs'] {
  const list = (Array.isArray(given) ? given : [given]) as readonly (string | Question)[];
  const asked = list.map((each) => (typeof each === 'string' ? { question: each } : each));
  return check(questions, asked, 'question').map((each, index) => {
    const { question, options, multiple = false, description } = each;
    const base = { id: idOf(each, index), question };
    if (options === undefined) {
      return { type: 'freeform', ...base, ...(description === undefined ? {} : { description }) };
    }
    return { type: 'multiple_choice', ...base, options: options.map((value) => ({ value })), multiple };
  });
}

/** What the user answered to `reply.ask`, when the turn goes on with it; nothing for any other turn. */
export function answersOf(item: { readonly type: string } | undefined): Answers | undefined {
  if (item?.type !== 'structured_input') return undefined;
  const { inputs } = item as StructuredInputItem;
  return Object.fromEntries(
    inputs.map(({ id, answer }) => [id, answer === undefined || answer.skipped ? [] : answer.values]),
  );
}
