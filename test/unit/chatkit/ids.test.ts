import { expect, it } from 'vitest';
import { createId, type IdKind } from '../../../src/chatkit/ids.ts';

const PREFIXES: [IdKind, string][] = [
  ['thread', 'thr_'],
  ['message', 'msg_'],
  ['tool_call', 'tc_'],
  ['task', 'tsk_'],
  ['workflow', 'wf_'],
  ['attachment', 'atc_'],
];

it('an id begins with what it is of, as those of openai-chatkit do', () => {
  for (const [kind, prefix] of PREFIXES)
    expect(createId(kind)).toMatch(new RegExp(`^${prefix}[0-9a-f]{32}$`));
});

it('no two ids are the same', () => {
  const ids = Array.from({ length: 1000 }, () => createId('message'));
  expect(new Set(ids).size).toBe(1000);
});
