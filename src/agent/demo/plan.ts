import type { AgentInputItem, ModelRequest } from '@openai/agents-core';
import { isContext } from '../history/context.ts';
import { titleFromMessage } from '../../chatkit/title.ts';
import { TITLE_INSTRUCTIONS } from '../title.ts';
import { toIntent, type Intent } from './intent.ts';
import {
  HELP,
  listedTasks,
  NO_TOOLS,
  NOT_UNDERSTOOD,
  NOTHING_TO_DO,
  toolReply,
  type ToolResult,
} from './texts.ts';

export interface PlannedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the demo model does next: it says something, or it calls tools. */
export type Plan = { readonly text: string } | { readonly calls: readonly PlannedCall[] };

/** A request about all tasks becomes one call for each of them. */
const MAX_CALLS = 50;

export function planAnswer(request: ModelRequest): Plan {
  const { message, results } = readInput(request.input);
  if (request.systemInstructions === TITLE_INSTRUCTIONS) return { text: titleOf(message) };
  const intent = toIntent(message);
  const plan = results.length > 0 ? afterTools(intent, results) : atFirst(intent, request);
  if ('text' in plan) return plan;
  const offered = new Set(request.tools.map((tool) => tool.name));
  const calls =
    request.modelSettings.toolChoice === 'none' ? [] : plan.calls.filter((call) => offered.has(call.name));
  return calls.length > 0 ? { calls } : { text: NO_TOOLS };
}

function atFirst(intent: Intent, request: ModelRequest): Plan {
  const { toolChoice } = request.modelSettings;
  const wanted = callsFor(intent);
  if (typeof toolChoice === 'string' && !['auto', 'none', 'required'].includes(toolChoice)) {
    const fitting = wanted.filter((call) => call.name === toolChoice);
    return { calls: fitting.length > 0 ? fitting : [forced(toolChoice, request)] };
  }
  if (wanted.length > 0) return { calls: wanted };
  if (toolChoice === 'required') return { calls: [{ name: 'list_tasks', arguments: { status: 'all' } }] };
  return { text: intent.kind === 'help' ? HELP : NOT_UNDERSTOOD };
}

function callsFor(intent: Intent): PlannedCall[] {
  switch (intent.kind) {
    case 'add':
      return intent.titles.slice(0, MAX_CALLS).map((title) => ({ name: 'add_task', arguments: { title } }));
    case 'list':
      return [{ name: 'list_tasks', arguments: { status: intent.status } }];
    case 'manage':
      return [{ name: 'list_tasks', arguments: { status: 'all' } }];
    case 'complete':
    case 'delete':
      return intent.target.kind === 'named'
        ? [{ name: `${intent.kind}_task`, arguments: { task: intent.target.name } }]
        : [{ name: 'list_tasks', arguments: { status: groupOf(intent.kind, intent.target.status) } }];
    case 'help':
    case 'other':
      return [];
  }
}

/** The user picked a tool, so it is called with what the message says. */
function forced(name: string, request: ModelRequest): PlannedCall {
  const message = readInput(request.input).message.trim().slice(0, 500) || 'Something';
  switch (name) {
    case 'add_task':
      return { name, arguments: { title: message } };
    case 'list_tasks':
      return { name, arguments: { status: 'all' } };
    default:
      return { name, arguments: { task: message } };
  }
}

function afterTools(intent: Intent, results: readonly ToolResult[]): Plan {
  const [first] = results;
  const isGroup = (intent.kind === 'complete' || intent.kind === 'delete') && intent.target.kind === 'group';
  if (isGroup && results.length === 1 && first?.name === 'list_tasks' && first.data !== undefined) {
    const calls = listedTasks(first.data)
      .slice(0, MAX_CALLS)
      .map((task) => ({ name: `${intent.kind}_task`, arguments: { task: task.id } }));
    return calls.length > 0 ? { calls } : { text: NOTHING_TO_DO };
  }
  return { text: toolReply(results, intent) };
}

/** Only open tasks can be completed. */
function groupOf(kind: 'complete' | 'delete', status: 'all' | 'open' | 'completed') {
  return kind === 'complete' ? 'open' : status;
}

/** The newest words of the user, and what tools have returned since. */
function readInput(input: string | readonly AgentInputItem[]): { message: string; results: ToolResult[] } {
  if (typeof input === 'string') return { message: input, results: [] };
  const results: ToolResult[] = [];
  for (let index = input.length - 1; index >= 0; index -= 1) {
    const item = input[index];
    if (item === undefined) continue;
    if (item.type === 'function_call_result') {
      const output = typeof item.output === 'string' ? item.output : textOf(item.output);
      results.unshift({ name: item.name, output, data: parse(output) });
    } else if ('role' in item && item.role === 'user') {
      // What follows the first part is told of attached files.
      const text = typeof item.content === 'string' ? item.content : textOf(item.content.slice(0, 1));
      if (!isContext(text)) return { message: text, results };
    }
  }
  return { message: '', results };
}

function textOf(value: unknown): string {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts
    .map((part) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : ''))
    .join('');
}

function parse(output: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function titleOf(message: string): string {
  const intent = toIntent(message);
  switch (intent.kind) {
    case 'add':
      return intent.titles.length === 1
        ? `New task: ${intent.titles[0]}`
        : `${intent.titles.length} new tasks`;
    case 'list':
    case 'manage':
      return 'My tasks';
    case 'complete':
    case 'delete': {
      const verb = intent.kind === 'complete' ? 'Completing' : 'Deleting';
      return intent.target.kind === 'named' ? `${verb} ${intent.target.name}` : `${verb} tasks`;
    }
    case 'help':
      return 'Getting started';
    case 'other':
      return titleFromMessage(message) ?? 'Conversation';
  }
}
