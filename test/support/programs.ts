import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponderEvent } from '../../src/chatkit/protocol/events.ts';
import type { ThreadItem, VisibleItem } from '../../src/chatkit/protocol/items.ts';
import type { ThreadStatus } from '../../src/chatkit/protocol/threads.ts';
import { ReplyError, type Responder, type ThreadWork } from '../../src/chatkit/responder.ts';

/** One thing that a responder, an action or what is told of feedback does. `fastapi/reference.py` does the same. */
export type Step =
  /** An item may leave out the thread and the time. */
  | { readonly yield: { readonly type: string } & Record<string, unknown> }
  | {
      readonly set: {
        readonly title?: string | null;
        readonly status?: ThreadStatus;
        readonly allowed_image_domains?: readonly string[] | null;
        readonly metadata?: Readonly<Record<string, unknown>>;
      };
    }
  | { readonly throw: 'custom'; readonly message: string; readonly allow_retry: boolean }
  | { readonly throw: 'stream'; readonly allow_retry?: boolean }
  | { readonly throw: 'other'; readonly message: string }
  | { readonly sleep: number }
  /** Until the signal of this name. */
  | { readonly wait: string }
  /** A client effect with what the responder was given, what is stored, or what it was told of feedback. */
  | { readonly report: 'turn' | 'history' | 'feedback'; readonly limit?: number }
  /** Ends a synchronous action: the item that it has changed. */
  | { readonly return: Record<string, unknown> };

export type Program = readonly Step[];

/** Longer than any scenario; a signal that never comes must not hold a test up for ever. */
const WAIT_MS = 15_000;

export interface ProgramResponder extends Responder {
  /** Keeps a program and gives the `Accept-Language` of the request that runs it. */
  load(program: Program): string;
  signal(name: string): void;
}

/** What a program knows of the work that it does. */
interface Work {
  readonly work: ThreadWork;
  readonly about: Record<string, unknown>;
}

/** A responder that runs the program named by the request's language. */
export function createProgramResponder(): ProgramResponder {
  const programs = new Map<string, Program>();
  const signals = new Map<string, PromiseWithResolvers<void>>();
  const feedback = new Map<string, object[]>();

  const signalOf = (name: string) => {
    const known = signals.get(name) ?? Promise.withResolvers<void>();
    signals.set(name, known);
    return known;
  };
  const waitFor = (name: string, signal: AbortSignal) =>
    Promise.race([
      signalOf(name).promise,
      sleep(WAIT_MS, undefined, { signal, ref: false }).then(() => {
        throw new Error(`nobody has sent the signal ${name}`);
      }),
    ]);
  const play = async function* ({
    work,
    about,
  }: Work): AsyncGenerator<ResponderEvent, VisibleItem | undefined> {
    for (const step of programs.get(work.locale) ?? []) {
      if ('yield' in step) yield fill(work, step.yield) as ResponderEvent;
      else if ('set' in step) assign(work, step.set);
      else if ('throw' in step) throw toError(step);
      else if ('sleep' in step) await sleep(step.sleep, undefined, { signal: work.signal });
      else if ('wait' in step) await waitFor(step.wait, work.signal);
      else if ('return' in step) return itemOf(work, step.return) as VisibleItem;
      else {
        const data = await report(step, { work, about }, feedback);
        yield { type: 'client_effect', name: step.report, data };
      }
    }
    return undefined;
  };

  return {
    load(program) {
      const name = `x-${programs.size}`;
      programs.set(name, program);
      return name;
    },
    signal: (name) => signalOf(name).resolve(),
    respond: (turn) => play({ work: turn, about: turn.input === undefined ? {} : { input: turn.input } }),
    act: (turn) => play({ work: turn, about: aboutAction(turn) }),
    async actSync(action) {
      const playing = play({ work: action, about: aboutAction(action) });
      for (;;) {
        const { done, value } = await playing.next();
        if (done === true) return value;
      }
    },
    async onFeedback(work) {
      const { itemIds, kind, thread } = work;
      feedback.set(thread.id, [...(feedback.get(thread.id) ?? []), { item_ids: itemIds, kind }]);
      for await (const _event of play({ work, about: {} })) void _event;
    },
  };
}

function aboutAction({
  action,
  sender,
}: Pick<Parameters<NonNullable<Responder['act']>>[0], 'action' | 'sender'>) {
  return sender === undefined ? { action } : { action, sender };
}

function itemOf(work: ThreadWork, item: object): ThreadItem {
  return { thread_id: work.thread.id, created_at: new Date().toISOString(), ...item } as ThreadItem;
}

function fill(work: ThreadWork, event: object): object {
  return 'item' in event ? { ...event, item: itemOf(work, event.item as object) } : event;
}

function assign(
  { thread }: ThreadWork,
  { title, status, allowed_image_domains: domains, metadata }: Extract<Step, { set: object }>['set'],
): void {
  if (title !== undefined) thread.title = title ?? undefined;
  if (status !== undefined) thread.status = status;
  if (domains !== undefined) thread.allowedImageDomains = domains ?? undefined;
  if (metadata !== undefined) thread.metadata = metadata;
}

function toError(step: Extract<Step, { throw: string }>): Error {
  if (step.throw === 'custom') return new ReplyError(step.message, { allowRetry: step.allow_retry });
  return new Error(step.throw === 'other' ? step.message : 'the model failed');
}

async function report(
  step: Extract<Step, { report: string }>,
  { work, about }: Work,
  feedback: ReadonlyMap<string, object[]>,
): Promise<Record<string, unknown>> {
  const { thread } = work;
  if (step.report === 'history') return { items: await work.history(step.limit ?? 100) };
  if (step.report === 'feedback') return { feedback: feedback.get(thread.id) ?? [] };
  const { id, title, status, allowedImageDomains, metadata } = thread;
  return {
    ...about,
    thread: {
      id,
      ...(title === undefined ? {} : { title }),
      status,
      ...(allowedImageDomains === undefined ? {} : { allowed_image_domains: allowedImageDomains }),
      metadata,
    },
  };
}
