import type { ResponderEvent } from '../protocol/events.ts';
import type { WorkflowItem } from '../protocol/items.ts';
import type { Task, Workflow } from '../protocol/tasks.ts';
import type { Text } from '../../texts/texts.ts';
import type { Translate } from '../../texts/translator.ts';
import { toToolCallItem } from '../tool-call-record.ts';

/** How the calls of a tool are shown to the user. */
export interface ToolTitles {
  /** While one runs, for example "Adding a task". */
  activeTitle(args: Readonly<Record<string, unknown>>, translate: Translate): string;
  /** When it is done, for example "Added a task". */
  doneTitle(args: Readonly<Record<string, unknown>>, translate: Translate): string;
}

export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** JSON as the model wrote it. */
  readonly arguments: string;
}

export interface ToolOutcome {
  readonly succeeded: boolean;
  /** What the model is told. */
  readonly output: string;
}

/** The tool calls of a reply as one workflow with a task for each call. */
export interface ToolWriter {
  call(call: ToolCall): void;
  /** Nothing happens when the call is unknown or has ended. */
  end(callId: string, outcome: ToolOutcome): void;
  close(): void;
}

export interface ToolWriterOptions {
  readonly newWorkflow: () => { id: string; thread_id: string; created_at: string };
  readonly newRecord: () => { id: string; thread_id: string; created_at: string };
  readonly push: (event: ResponderEvent) => void;
  readonly translate: Translate;
  /** Nothing for a tool that has no titles of its own. */
  readonly titlesOf: (tool: string) => ToolTitles | undefined;
  readonly onEnd: (tool: string, succeeded: boolean) => void;
}

type CustomTask = Extract<Task, { type: 'custom' }>;
interface Entry {
  readonly index: number;
  readonly call: ToolCall;
  readonly args: Readonly<Record<string, unknown>>;
  readonly record: ReturnType<ToolWriterOptions['newRecord']>;
  task: CustomTask;
  state: 'running' | 'succeeded' | 'failed';
}

/** What is kept of one tool's output for later turns. */
const MAX_RESULT_CHARS = 16_000;
const MAX_ERROR_CHARS = 300;
/** Further calls are made and kept, and not shown. */
const MAX_TASKS = 200;
const UNFINISHED: Text = 'This step did not finish.';

export function createToolWriter(options: ToolWriterOptions): ToolWriter {
  const { push, titlesOf, translate } = options;
  const base = options.newWorkflow();
  const entries: Entry[] = [];

  push({ type: 'thread.item.added', item: toItem({ type: 'custom', tasks: [], expanded: true }) });

  function toItem(workflow: Workflow): WorkflowItem {
    return { ...base, type: 'workflow', workflow };
  }

  function show(type: 'workflow.task.added' | 'workflow.task.updated', { index, task }: Entry): void {
    if (index >= MAX_TASKS) return;
    push({ type: 'thread.item.updated', item_id: base.id, update: { type, task_index: index, task } });
  }

  function endEntry(entry: Entry, outcome: ToolOutcome): void {
    const shown = titlesOf(entry.call.name);
    entry.state = outcome.succeeded ? 'succeeded' : 'failed';
    entry.task = outcome.succeeded
      ? {
          ...entry.task,
          status_indicator: 'complete',
          title: shown?.doneTitle(entry.args, translate) ?? titleOf(entry),
        }
      : { ...entry.task, status_indicator: 'none', content: cut(outcome.output, MAX_ERROR_CHARS) };
    show('workflow.task.updated', entry);
    push({
      type: 'thread.item.done',
      item: toToolCallItem(entry.record, {
        ...recordOf(entry.call),
        status: outcome.succeeded ? 'success' : 'error',
        result: cut(outcome.output, MAX_RESULT_CHARS),
      }),
    });
    options.onEnd(entry.call.name, outcome.succeeded);
  }

  return {
    call(call) {
      const args = parseArguments(call.arguments);
      const title =
        titlesOf(call.name)?.activeTitle(args, translate) ?? translate('Using {tool}', { tool: call.name });
      const task: CustomTask = { type: 'custom', status_indicator: 'loading', title };
      const record = options.newRecord();
      const entry: Entry = { index: entries.length, call, args, record, task, state: 'running' };
      entries.push(entry);
      show('workflow.task.added', entry);
      push({
        type: 'thread.item.added',
        item: toToolCallItem(entry.record, { ...recordOf(call), status: 'pending' }),
      });
    },
    end(callId, outcome) {
      const entry = entries.find(({ call, state }) => call.callId === callId && state === 'running');
      if (entry !== undefined) endEntry(entry, outcome);
    },
    close() {
      for (const entry of entries) {
        if (entry.state === 'running') endEntry(entry, { succeeded: false, output: translate(UNFINISHED) });
      }
      const workflow: Workflow = {
        type: 'custom',
        tasks: entries.slice(0, MAX_TASKS).map((entry) => entry.task),
        summary: { title: summaryOf(entries, translate) },
        expanded: false,
      };
      push({ type: 'thread.item.done', item: toItem(workflow) });
    },
  };
}

/** Cut text may end in half a character. */
function cut(text: string, maxChars: number): string {
  return text.length > maxChars ? text.slice(0, maxChars).toWellFormed() : text;
}

function titleOf(entry: Entry): string {
  return entry.task.title ?? entry.call.name;
}

function recordOf(call: ToolCall) {
  return { type: 'tool_call' as const, call_id: call.callId, tool: call.name, arguments: call.arguments };
}

function summaryOf(entries: readonly Entry[], translate: Translate): string {
  const failed = entries.filter((entry) => entry.state === 'failed').length;
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    return failed === 0 ? titleOf(only) : translate('{title} failed', { title: titleOf(only) });
  }
  const count = entries.length;
  return failed === 0
    ? translate('{count} steps done', { count })
    : translate('{failed} of {count} steps failed', { failed, count });
}

function parseArguments(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
