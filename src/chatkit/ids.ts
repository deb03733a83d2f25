import { randomBytes } from 'node:crypto';

const PREFIXES = {
  thread: 'thr',
  message: 'msg',
  tool_call: 'tc',
  task: 'tsk',
  workflow: 'wf',
  widget: 'wdg',
  image: 'img',
  structured_input: 'si',
  end_of_turn: 'eot',
  attachment: 'atc',
  hidden_context: 'hcx',
  run: 'run',
} as const;

export type IdKind = keyof typeof PREFIXES;

/** A prefix and 128 random bits, because a guessable id is an authorisation bug waiting. */
export function createId(kind: IdKind): string {
  return `${PREFIXES[kind]}_${randomBytes(16).toString('hex')}`;
}
