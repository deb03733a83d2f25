import type { Intent } from './intent.ts';

const EXAMPLES = [
  'add a task to buy milk',
  'what are my tasks?',
  'mark buy milk as done',
  'delete buy milk',
].map((example) => `- *${example}*`);

const SHOWS = [
  ['manage my tasks', 'a widget with check boxes and a form'],
  ['show a chart of my tasks', 'a chart'],
  ['add a task', 'a question, because it is not said which one'],
  ['switch to dark mode', 'a tool that runs in the page'],
  ['draw a picture', 'an image that appears bit by bit'],
  ['what is ChatKit Gateway?', 'sources'],
].map(([example, what]) => `- *${example}*: ${what}`);

const PLUG_IN =
  'To talk to a real model, set `OPENAI_API_KEY`, or set `agent.apiKey` or the `agent.baseUrl` of an ' +
  'OpenAI-compatible server in the configuration, and start the gateway again.';

export const HELP = [
  'I am the **demo model** of ChatKit Gateway. I run offline, without any AI, and I can only manage your tasks. Try:',
  EXAMPLES.join('\n'),
  'To see what ChatKit can show, try:',
  SHOWS.join('\n'),
  PLUG_IN,
].join('\n\n');

export const WHAT = 'What is to be done?';
export const WHICH = 'Which one do you mean?';
export const NEVER_MIND = 'All right, I have changed nothing.';

export const ABOUT = {
  text:
    'ChatKit Gateway stands between a ChatKit interface and what answers in it: a service of yours, or a built-in agent. ' +
    'It checks who asks, limits how much, streams without buffering, and keeps the conversations.',
  sources: [
    { title: 'ChatKit guide', url: 'https://platform.openai.com/docs/guides/chatkit' },
    { title: 'openai/chatkit-python', url: 'https://github.com/openai/chatkit-python' },
  ],
};

export const NOT_UNDERSTOOD = [
  'I am only the **demo model** of ChatKit Gateway: I run offline, without any AI, so I cannot answer that. ' +
    'I do understand simple requests about your tasks, for example:',
  EXAMPLES.join('\n'),
  PLUG_IN,
].join('\n\n');

export const NO_TOOLS = `I would need a tool for that, and this assistant has none. ${PLUG_IN}`;

export const NOTHING_TO_DO = 'There is nothing to do: no task fits.';

/** The reply to finished tool calls, as Markdown. */
export function toolReply(results: readonly ToolResult[], intent: Intent): string {
  const failed = results.filter((result) => result.data === undefined);
  const parts: string[] = [];
  const added = views(results, 'added');
  if (added.length === 1) {
    const open = results
      .map((result) => result.data?.['open'])
      .findLast((value) => typeof value === 'number');
    parts.push(`Added ${bold(added[0])} to your tasks.${open === undefined ? '' : ` ${openCount(open)}`}`);
  } else if (added.length > 1) parts.push(`Added ${added.length} tasks:\n\n${bullets(added)}`);
  parts.push(...changed(views(results, 'completed'), 'Completed', 'is done.'));
  parts.push(...changed(views(results, 'deleted'), 'Deleted', 'is deleted.'));
  parts.push(...shown(results, intent));
  if (parts.length === 0 && failed.length === 0) {
    const listed = results.findLast((result) => result.name === 'list_tasks')?.data;
    if (listed !== undefined) parts.push(listReply(listed, intent));
  }
  for (const { output } of failed.filter(({ name }) => name !== 'switch_theme'))
    parts.push(`That did not work. ${escapeMarkdown(output)}`);
  return parts.join('\n\n');
}

export interface ToolResult {
  readonly name: string;
  readonly output: string;
  /** The output as an object; absent when the tool failed. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly completed: boolean;
}

export function listedTasks(data: Readonly<Record<string, unknown>>): TaskView[] {
  const tasks = data['tasks'];
  return Array.isArray(tasks) ? tasks.filter(isTaskView) : [];
}

function views(results: readonly ToolResult[], key: string): TaskView[] {
  return results.map((result) => result.data?.[key]).filter(isTaskView);
}

function isTaskView(value: unknown): value is TaskView {
  return typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string';
}

function changed(tasks: readonly TaskView[], verb: string, single: string): string[] {
  if (tasks.length === 0) return [];
  return tasks.length === 1
    ? [`${bold(tasks[0])} ${single}`]
    : [`${verb} ${tasks.length} tasks:\n\n${bullets(tasks)}`];
}

/** What a page or the user was shown needs few words. */
function shown(results: readonly ToolResult[], intent: Intent): string[] {
  return results.flatMap(({ name, data }) => {
    switch (name) {
      case 'show_tasks':
        return [
          'Tick off what is done, or add something below. You can also tell me to add, complete or delete one.',
        ];
      case 'chart_tasks':
        return [openCount(Number(data?.['open'] ?? 0))];
      case 'draw_picture':
        return data === undefined ? [] : ['A house in the hills. It is the only picture that I can draw.'];
      case 'switch_theme':
        return [`The page has its ${intent.kind === 'theme' ? intent.theme : 'other'} theme now.`];
      default:
        return [];
    }
  });
}

function listReply(data: Readonly<Record<string, unknown>>, intent: Intent): string {
  const tasks = listedTasks(data);
  const hint = '\n\nTell me to add, complete or delete one.';
  if (tasks.length === 0) {
    const kind = intent.kind === 'list' && intent.status !== 'all' ? `${intent.status} ` : '';
    return `You have no ${kind}tasks. Try *add a task to buy milk*.`;
  }
  const open = tasks.filter((task) => !task.completed).length;
  const done = tasks.length - open;
  const counts = [open > 0 ? `${open} open` : '', done > 0 ? `${done} completed` : ''].filter(
    (part) => part !== '',
  );
  const noun = tasks.length === 1 ? 'task' : 'tasks';
  const lines = tasks.map((task) =>
    task.completed ? `- ~~${escapeMarkdown(task.title)}~~ (done)` : `- ${escapeMarkdown(task.title)}`,
  );
  const more = typeof data['not_shown'] === 'number' ? `\n- and ${data['not_shown']} more` : '';
  return `You have ${counts.join(' and ')} ${noun}:\n\n${lines.join('\n')}${more}${intent.kind === 'manage' ? hint : ''}`;
}

function openCount(open: number): string {
  return open === 1 ? 'You have 1 open task.' : `You have ${open} open tasks.`;
}

function bullets(tasks: readonly TaskView[]): string {
  return tasks.map((task) => `- ${escapeMarkdown(task.title)}`).join('\n');
}

function bold(task: TaskView | undefined): string {
  return `**${escapeMarkdown(task?.title ?? '')}**`;
}

/** Titles are the user's text and must not become formatting. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_~[\]<>#|]/g, String.raw`\$&`);
}
