import type { Source } from '../../chatkit/protocol/common.ts';
import type { Task } from '../../chatkit/protocol/tasks.ts';
import type { Translate } from '../../texts/translator.ts';
import { isWebUrl } from './converter.ts';

/** An output item of the Responses API. Foreign data: anything can be missing. */
export type OutputItem = Readonly<Record<string, unknown>>;

type UrlSource = Extract<Source, { type: 'url' }>;
type FileSource = Extract<Source, { type: 'file' }>;
type Status = Task['status_indicator'];

const MAX_SOURCES = 50;
const MAX_QUERIES = 20;
const MAX_TEXT_CHARS = 500;
const MAX_CODE_CHARS = 4_000;

/** What a tool that the model's server ran is shown as; nothing for an item that is no such call. */
export function toHostedTask(item: OutputItem, isDone: boolean, say: Translate): Task | undefined {
  const hasFailed = isDone && (item['status'] === 'failed' || item['status'] === 'incomplete');
  const status: Status = !isDone ? 'loading' : hasFailed ? 'none' : 'complete';
  switch (item['type']) {
    case 'web_search_call':
      return toSearchTask(item, status, say);
    case 'file_search_call':
      return {
        type: 'file',
        status_indicator: status,
        title: say(isDone ? 'Searched the files' : 'Searching the files'),
        sources: fileSources(item['results']),
      };
    case 'code_interpreter_call':
      return {
        type: 'custom',
        status_indicator: status,
        icon: 'square-code',
        title: say(isDone && !hasFailed ? 'Ran code' : 'Running code'),
        ...withContent(toCodeBlock(item['code'])),
      };
    case 'mcp_call':
      return toMcpTask(item, isDone, say);
    default:
      return undefined;
  }
}

function toSearchTask(item: OutputItem, status: Status, say: Translate): Task {
  const action = toRecord(item['action']);
  const isPage = action['type'] === 'open_page' || action['type'] === 'find_in_page';
  const found = [...toList(action['sources']), ...toList(item['results']), ...(isPage ? [action] : [])];
  const queries = [
    ...new Set(
      [action['query'], ...toList(action['queries']), action['pattern']].flatMap(
        (query) => toText(query) ?? [],
      ),
    ),
  ].slice(0, MAX_QUERIES);
  return {
    type: 'web_search',
    status_indicator: status,
    title: say(toSearchTitle(isPage, status !== 'loading')),
    ...(queries[0] === undefined ? {} : { title_query: queries[0] }),
    queries,
    sources: urlSources(found),
  };
}

function toSearchTitle(isPage: boolean, isOver: boolean) {
  if (isPage) return isOver ? 'Read a page' : 'Reading a page';
  return isOver ? 'Searched the web' : 'Searching the web';
}

function toMcpTask(item: OutputItem, isDone: boolean, say: Translate): Task {
  const error = item['error'];
  const hasFailed = isDone && (item['status'] === 'failed' || (error !== undefined && error !== null));
  const tool = [item['server_label'], item['name']].flatMap((name) => toText(name) ?? []).join(': ') || 'MCP';
  return {
    type: 'custom',
    status_indicator: !isDone ? 'loading' : hasFailed ? 'none' : 'complete',
    title: say(isDone && !hasFailed ? 'Used {tool}' : 'Using {tool}', { tool }),
    ...(hasFailed ? { content: say('This step failed.') } : {}),
  };
}

function urlSources(found: readonly unknown[]): UrlSource[] {
  const sources = new Map<string, UrlSource>();
  for (const entry of found) {
    const { url, title } = toRecord(entry);
    if (!isWebUrl(url) || sources.has(url) || !URL.canParse(url)) continue;
    sources.set(url, { type: 'url', url, title: toText(title) ?? new URL(url).hostname });
    if (sources.size >= MAX_SOURCES) break;
  }
  return [...sources.values()];
}

function fileSources(results: unknown): FileSource[] {
  const names = toList(results).flatMap((result) => toText(toRecord(result)['filename']) ?? []);
  return [...new Set(names)]
    .slice(0, MAX_SOURCES)
    .map((filename) => ({ type: 'file', filename, title: filename }));
}

/** Markdown: a fence that is longer than any run of back-ticks within. */
function toCodeBlock(code: unknown): string | undefined {
  if (typeof code !== 'string' || code.trim() === '') return undefined;
  const shown = code.length > MAX_CODE_CHARS ? `${code.slice(0, MAX_CODE_CHARS).toWellFormed()}\n…` : code;
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}python\n${shown}\n${fence}`;
}

const withContent = (content: string | undefined) => (content === undefined ? {} : { content });

function toText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().slice(0, MAX_TEXT_CHARS).toWellFormed();
  return text === '' ? undefined : text;
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]).slice(0, 500) : [];
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
