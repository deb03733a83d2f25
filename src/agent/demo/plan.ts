import type { AgentInputItem, ModelRequest } from '@openai/agents-core';
import { isContext } from '../history/context.ts';
import { FORM_FILLED_IN } from '../history/sentences.ts';
import { titleFromMessage } from '../../chatkit/title.ts';
import { TITLE_INSTRUCTIONS } from '../title.ts';
import { toIntent, type Intent } from './intent.ts';
import {
  ABOUT,
  HELP,
  listedTasks,
  NEVER_MIND,
  NO_TOOLS,
  NOT_UNDERSTOOD,
  NOTHING_TO_DO,
  toolReply,
  WHAT,
  WHICH,
  type ToolResult,
} from './texts.ts';

export interface PlannedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the demo model does next: it says something, or it calls tools. */
export type Plan =
  | { readonly text: string; readonly sources?: readonly Source[] }
  | { readonly calls: readonly PlannedCall[] };

/** A page that the end of the text refers to. */
export interface Source {
  readonly title: string;
  readonly url: string;
}

/** A request about all tasks becomes one call for each of them. */
const MAX_CALLS = 50;

export function planAnswer(request: ModelRequest): Plan {
  const { message, results, answers } = readInput(request.input);
  if (request.systemInstructions === TITLE_INSTRUCTIONS) return { text: titleOf(message) };
  const intent = toIntent(message);
  const plan =
    answers !== undefined && results.length === 0
      ? afterAnswers(intent, answers)
      : results.length > 0
        ? afterTools(intent, results)
        : atFirst(intent, request);
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
  if (intent.kind === 'sources') return ABOUT;
  return { text: intent.kind === 'help' ? HELP : NOT_UNDERSTOOD };
}

function callsFor(intent: Intent): PlannedCall[] {
  switch (intent.kind) {
    case 'add':
      return intent.titles.slice(0, MAX_CALLS).map((title) => ({ name: 'add_task', arguments: { title } }));
    case 'list':
      return [{ name: 'list_tasks', arguments: { status: intent.status } }];
    case 'manage':
      return [{ name: 'show_tasks', arguments: {} }];
    case 'ask':
      return [ask(WHAT, [])];
    case 'theme':
      return [{ name: 'switch_theme', arguments: { theme: intent.theme } }];
    case 'chart':
      return [{ name: 'chart_tasks', arguments: {} }];
    case 'picture':
      return [{ name: 'draw_picture', arguments: {} }];
    case 'complete':
    case 'delete':
      return intent.target.kind === 'named'
        ? [{ name: `${intent.kind}_task`, arguments: { task: intent.target.name } }]
        : [{ name: 'list_tasks', arguments: { status: groupOf(intent.kind, intent.target.status) } }];
    case 'sources':
    case 'help':
    case 'other':
      return [];
  }
}

function ask(question: string, options: readonly string[]): PlannedCall {
  return { name: 'ask_user', arguments: { questions: [{ question, options, multiple: false }] } };
}

/** The user was asked what is to be added, or which of several tasks was meant. */
function afterAnswers(intent: Intent, answers: readonly string[]): Plan {
  const answer = answers[0]?.trim() ?? '';
  if (answer === '') return { text: NEVER_MIND };
  if (intent.kind === 'complete' || intent.kind === 'delete') {
    return { calls: [{ name: `${intent.kind}_task`, arguments: { task: answer } }] };
  }
  return { calls: [{ name: 'add_task', arguments: { title: answer } }] };
}

/** The user picked a tool, so it is called with what the message says. */
function forced(name: string, request: ModelRequest): PlannedCall {
  const message = readInput(request.input).message.trim().slice(0, 500) || 'Something';
  switch (name) {
    case 'add_task':
      return { name, arguments: { title: message } };
    case 'list_tasks':
      return { name, arguments: { status: 'all' } };
    case 'show_tasks':
    case 'chart_tasks':
    case 'draw_picture':
      return { name, arguments: {} };
    case 'switch_theme':
      return { name, arguments: { theme: 'dark' } };
    case 'ask_user':
      return ask(WHAT, []);
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
  const options = results.length === 1 && first?.data === undefined ? fittingTasks(first?.output ?? '') : [];
  if (options.length > 1) return { calls: [ask(WHICH, options)] };
  return { text: toolReply(results, intent) };
}

/** Only open tasks can be completed. */
function groupOf(kind: 'complete' | 'delete', status: 'all' | 'open' | 'completed') {
  return kind === 'complete' ? 'open' : status;
}

/** The newest words of the user, and what tools have returned since. */
function readInput(input: string | readonly AgentInputItem[]): {
  readonly message: string;
  readonly results: readonly ToolResult[];
  /** What the user answered to a question; an empty text where it was skipped. */
  readonly answers?: readonly string[] | undefined;
} {
  if (typeof input === 'string') return { message: input, results: [] };
  const results: ToolResult[] = [];
  let answers: readonly string[] | undefined;
  for (let index = input.length - 1; index >= 0; index -= 1) {
    const item = input[index];
    if (item === undefined) continue;
    if (item.type === 'function_call_result') {
      // What came before the question has led to it.
      if (answers !== undefined) continue;
      const output = typeof item.output === 'string' ? item.output : textOf(item.output);
      results.unshift({ name: item.name, output, data: parse(output) });
    } else if ('role' in item && item.role === 'user') {
      // What follows the first part is told of attached files.
      const text = typeof item.content === 'string' ? item.content : textOf(item.content.slice(0, 1));
      if (!isContext(text)) return { message: text, results, answers };
      answers ??= toAnswers(text);
    }
  }
  return { message: '', results, answers };
}

/** The answers of a form that was filled in, from how it is told to models. */
function toAnswers(text: string): string[] | undefined {
  if (!text.includes(FORM_FILLED_IN)) return undefined;
  return [...text.matchAll(/^Answer: (.*)$/gm)].map(([, answer = '']) =>
    answer === '(skipped)' ? '' : answer,
  );
}

/** The titles in the message of a tool that could not tell which task was meant. */
function fittingTasks(output: string): string[] {
  if (!output.startsWith('Several tasks fit')) return [];
  return [...output.matchAll(/"([^"]+)" \(tsk_/g)].map(([, title = '']) => title);
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
    case 'chart':
      return 'My tasks';
    case 'ask':
      return 'A new task';
    case 'theme':
      return intent.theme === 'dark' ? 'Dark theme' : 'Light theme';
    case 'picture':
      return 'A picture';
    case 'sources':
      return 'About ChatKit Gateway';
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
