import { Agent, invokeFunctionTool, RunContext } from '@openai/agents-core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createChannel } from '../../../src/agent/reply/channel.ts';
import { createToolSide } from '../../../src/agent/reply/tool-side.ts';
import { TOOL_NAMES } from '../../../src/agent/tools/names.ts';
import { createSource } from '../../../src/agent/tools/sources.ts';
import { createToolRegistry, type ToolContext } from '../../../src/agent/tools/registry.ts';
import { createTaskTools, findTask, MAX_TASKS } from '../../../src/agent/tools/tasks.ts';
import type { TaskRecord } from '../../../src/store/task-store.ts';
import { createTestAgent } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

const task = (id: string, title: string, completed = false): TaskRecord => ({
  id,
  title,
  completed,
  createdAt: '2026-01-31T09:30:00.000Z',
});

describe('a task is found', () => {
  const tasks = [
    task('tsk_1', 'Buy milk'),
    task('tsk_2', 'Buy eggs'),
    task('tsk_3', 'Call Mum', true),
    task('tsk_4', '🎉'),
  ];

  it.each([
    ['tsk_2', 'tsk_2'],
    ['buy milk', 'tsk_1'],
    [' "Buy Milk"! ', 'tsk_1'],
    ['eggs', 'tsk_2'],
    ['mum', 'tsk_3'],
    ['🎉', 'tsk_4'],
  ])('by %s', (name, id) => {
    expect(findTask(tasks, name).id).toBe(id);
  });

  it('or the model is told what there is', () => {
    expect(() => findTask(tasks, 'buy')).toThrow(
      'Several tasks fit "buy": "Buy milk" (tsk_1), "Buy eggs" (tsk_2)',
    );
    expect(() => findTask(tasks, 'bread')).toThrow('There is no task "bread". There are: "Buy milk"');
    expect(() => findTask([], 'bread')).toThrow('the list is empty');
    expect(() => findTask(tasks, '!!!')).toThrow('There is no task');
  });

  it('and of equal ones the one that fits the purpose, or else the oldest', () => {
    const twice = [task('a', 'Milk', true), task('b', 'milk'), task('c', 'milk')];
    expect(findTask(twice, 'milk', (candidate) => !candidate.completed).id).toBe('b');
    expect(findTask([task('a', 'Milk'), task('b', 'Milk')], 'milk').id).toBe('a');
  });
});

describe('the task tools', () => {
  let invoke: (name: string, args: object) => Promise<unknown>;
  let addMany: (count: number) => Promise<void>;

  beforeEach(async () => {
    const agent = await createTestAgent();
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const registry = createToolRegistry([createTaskTools({ tasks: agent.store.tasks, timeoutMs: 1_000 })]);
    const { context: ofTurn } = createToolSide({
      turn: createFakeThread().say('hi'),
      channel: createChannel(16),
      signal: new AbortController().signal,
      onUnexpectedError: () => {},
    });
    const context: ToolContext = { ...ofTurn, owner: 'ada' };
    invoke = async (name, args) => {
      const output = await invokeFunctionTool({
        tool: registry.get(name)!.tool,
        runContext: new RunContext(context),
        input: JSON.stringify(args),
      });
      try {
        return JSON.parse(output) as unknown;
      } catch {
        return output;
      }
    };
    addMany = async (count) => {
      for (let index = 0; index < count; index += 1) {
        await agent.store.tasks.addTask('ada', task(`tsk_${index}`, `Task ${index}`));
      }
    };
  });

  it('add, list, complete and delete', async () => {
    expect(await invoke('add_task', { title: '  Buy\n milk ' })).toMatchObject({
      added: { title: 'Buy milk', completed: false },
      open: 1,
    });
    expect(await invoke('complete_task', { task: 'milk' })).toMatchObject({
      completed: { title: 'Buy milk', completed: true },
      was_completed_before: false,
    });
    expect(await invoke('list_tasks', { status: 'open' })).toEqual({ tasks: [], open: 0, completed: 1 });
    expect(await invoke('delete_task', { task: 'Buy milk' })).toMatchObject({
      deleted: { title: 'Buy milk' },
    });
    expect(await invoke('delete_task', { task: 'Buy milk' })).toBe(
      'There is no task "Buy milk": the list is empty.',
    );
  });

  it('refuse what is no title, and a list that is full', async () => {
    expect(await invoke('add_task', { title: '   ' })).toBe('A task needs a title.');
    expect(await invoke('add_task', { title: 'x'.repeat(501) })).toBe(
      'The arguments of the call were not valid.',
    );
    await addMany(MAX_TASKS);
    expect(await invoke('add_task', { title: 'One more' })).toContain('The list is full');
    expect(await invoke('list_tasks', { status: 'all' })).toMatchObject({
      not_shown: MAX_TASKS - 200,
      open: MAX_TASKS,
    });
  });

  it('have the names that are known before the SDK is loaded, and schemas that models take', async () => {
    const registry = createToolRegistry([createSource('tasks', { tasks: null as never, timeoutMs: 1 })]);
    expect([...registry.names]).toEqual(TOOL_NAMES.tasks);
    const agent = new Agent({ name: 'a', tools: registry.tools.map((entry) => entry.tool) });
    for (const each of agent.tools) {
      expect(each).toMatchObject({
        type: 'function',
        strict: true,
        parameters: { additionalProperties: false },
      });
    }
    expect(() => createToolRegistry([registry.tools, registry.tools])).toThrow('add_task');
  });
});
