import type { Logger } from 'pino';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type {
  AssistantMessageItem,
  ClientToolCallItem,
  GeneratedImageItem,
  HiddenItem,
  StructuredInputItem,
  ThreadItem,
  VisibleItem,
  WidgetItem,
} from '../../chatkit/protocol/items.ts';
import type { WidgetState } from '../../widgets/stream-widget.ts';
import { toEvent, toWidget } from './checked.ts';
import { createPiece, type Piece, type ReplyWork } from './piece.ts';
import { toInputs, type Question } from './questions.ts';
import {
  toClientToolCall,
  toEffect,
  toHidden,
  toNotice,
  toProgress,
  toTaskItem,
  writeImage,
  writeItem,
  writeText,
  writeWidget,
  type ImageSource,
  type TextOptions,
  type TextSource,
} from './reply-items.ts';
import {
  createWorkflowWriter,
  toWorkflow,
  type TaskInput,
  type WorkflowOptions,
  type WorkflowWriter,
} from './workflow.ts';

type EndOfTurnItem = Extract<VisibleItem, { type: 'end_of_turn' }>;
type TaskItem = Extract<VisibleItem, { type: 'task' }>;
type ProgressEvent = Extract<ResponderEvent, { type: 'progress_update' }>;
type NoticeEvent = Extract<ResponderEvent, { type: 'notice' }>;

/**
 * Writes to the reply, everywhere in the same words: `await reply.text('Hello')` in a tool, `yield* reply.text('Hello')`
 * in a generator. Everything is checked against the protocol before it goes on.
 */
export interface Reply {
  /** A message of the assistant; an iterable is shown as it arrives. Nothing is made of a text without a word. */
  text(text: TextSource, options?: TextOptions): Piece<AssistantMessageItem | undefined>;
  /** A widget; of an iterable each state is sent as the smallest update since the one before. */
  widget(
    widget: WidgetState | AsyncIterable<WidgetState>,
    options?: { readonly copyText?: string },
  ): Piece<WidgetItem | undefined>;
  /** Shows another widget in the place of one that is there. */
  updateWidget(item: WidgetItem, widget: WidgetState): Piece<WidgetItem>;
  /** Begins work that is shown step by step. */
  workflow(options?: WorkflowOptions): Piece<WorkflowWriter>;
  /** One step alone, which is done unless its status says something else. */
  task(task: TaskInput): Piece<TaskItem>;
  /** A picture by its address; of an iterable each frame takes the place of the one before. */
  image(source: ImageSource): Piece<GeneratedImageItem | undefined>;
  /**
   * Asks the user. The turn ends with the question and goes on with `turn.resumes` when it is answered: inside a tool
   * the run of the agent stops when the tools that run beside it are done; a generator returns after it.
   */
  ask(questions: string | Question | readonly (string | Question)[]): Piece<StructuredInputItem>;
  /** Calls a tool of the page. The turn ends as with `ask`. */
  clientTool(name: string, args?: Readonly<Record<string, unknown>>): Piece<ClientToolCallItem>;
  /** Context for the model that the user never sees. */
  hidden(content: unknown): Piece<HiddenItem>;
  /** What goes on right now, shown until something else is. Kept nowhere. */
  progress(text: string, options?: Pick<ProgressEvent, 'icon'>): Piece<void>;
  notice(message: string, options?: Partial<Pick<NoticeEvent, 'level' | 'title'>>): Piece<void>;
  /** Tells the page to do something, without an answer. */
  effect(name: string, data?: Readonly<Record<string, unknown>>): Piece<void>;
  /** Marks the end of what the assistant has to say. */
  endTurn(): Piece<EndOfTurnItem>;
  /** Takes no more messages after this turn, until `reopen`. */
  lock(reason?: string): Piece<void>;
  close(reason?: string): Piece<void>;
  reopen(): Piece<void>;
  title(title: string): Piece<void>;
  replace(item: VisibleItem): Piece<ThreadItem>;
  remove(itemId: string): Piece<void>;
  /** Any event of the protocol. */
  stream(event: ResponderEvent): Piece<void>;
}

/** What was asked of a reply and then neither yielded nor awaited. */
const forgotten = new WeakMap<Reply, Set<object>>();

/** Tells the author of a piece that was never written, because nothing else would. */
export function warnOfForgotten(reply: Reply, logger: Logger, where: string): void {
  const count = forgotten.get(reply)?.size ?? 0;
  if (count === 0) return;
  logger.warn({ event: 'reply-forgotten', where, count }, '%s called reply without await or yield*', where);
}

/** @param send takes what is awaited; resolves when there is room for more */
export function createReply(work: ReplyWork, send: (event: ResponderEvent) => Promise<void>): Reply {
  const { thread, newItem } = work;
  const waiting = new Set<object>();
  const piece = <T>(write: () => AsyncGenerator<ResponderEvent, T, void>) => {
    waiting.add(write);
    return createPiece(write, send, () => waiting.delete(write));
  };
  const one = (make: () => ResponderEvent) =>
    piece(async function* () {
      yield make();
    });
  const done = <T extends ThreadItem>(make: () => T) =>
    piece(async function* () {
      return yield* writeItem(make());
    });
  /** The change is saved and sent with the next event, or at the end. */
  const change = (make: () => void) =>
    // oxlint-disable-next-line require-yield -- a piece without an event
    piece(async function* (): AsyncGenerator<ResponderEvent, void, void> {
      make();
    });

  const reply: Reply = {
    text: (text, options = {}) => piece(() => writeText(work, text, options)),
    widget: (widget, { copyText } = {}) => piece(() => writeWidget(work, widget, copyText)),
    updateWidget: (item, widget) =>
      piece(async function* () {
        const event = toEvent(
          { type: 'thread.item.replaced', item: { ...item, widget: toWidget(widget) } },
          thread.id,
        );
        yield event;
        return (event as { item: WidgetItem }).item;
      }),
    workflow: (options = {}) =>
      piece(async function* () {
        const base = newItem('workflow');
        const workflow = toWorkflow(options);
        yield { type: 'thread.item.added', item: { ...base, type: 'workflow', workflow } };
        return createWorkflowWriter({ base, workflow, piece });
      }),
    task: (task) => done(() => toTaskItem(newItem('task'), task)),
    image: (source) => piece(() => writeImage(work, source)),
    ask: (questions) =>
      done(() => ({
        ...newItem('structured_input'),
        type: 'structured_input' as const,
        status: 'pending' as const,
        inputs: toInputs(questions),
      })),
    clientTool: (name, args = {}) => done(() => toClientToolCall(newItem('tool_call'), name, args)),
    hidden: (content) => done(() => toHidden(newItem('hidden_context'), content)),
    progress: (text, options = {}) => one(() => toProgress(text, options)),
    notice: (message, options = {}) => one(() => toNotice(message, options)),
    effect: (name, data = {}) => one(() => toEffect(name, data)),
    endTurn: () => done(() => ({ ...newItem('end_of_turn'), type: 'end_of_turn' as const })),
    lock: (reason) => change(() => void (thread.status = { type: 'locked', ...asReason(reason) })),
    close: (reason) => change(() => void (thread.status = { type: 'closed', ...asReason(reason) })),
    reopen: () => change(() => void (thread.status = { type: 'active' })),
    title: (title) => change(() => void (thread.title = title)),
    replace: (item) =>
      piece(async function* () {
        const event = toEvent({ type: 'thread.item.replaced', item }, thread.id);
        yield event;
        return (event as { item: ThreadItem }).item;
      }),
    remove: (itemId) => one(() => toEvent({ type: 'thread.item.removed', item_id: itemId }, thread.id)),
    stream: (event) => one(() => toEvent(event, thread.id)),
  };
  forgotten.set(reply, waiting);
  return reply;
}

function asReason(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
