import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import { ReplyError, type ThreadWork } from '../../chatkit/responder.ts';
import { createChannel, type Channel } from '../reply/channel.ts';
import { InvalidReplyError, toEvent } from './checked.ts';
import { createReply, warnOfForgotten, type Reply } from './reply.ts';

/** Nothing is sent before what was sent last is taken, so only code that awaits nothing could have more waiting. */
const CAPACITY = 256;
/** Of one reply as JSON: an author's endless loop must come to an end. */
const MAX_REPLY_CHARS = 64 * 1024 * 1024;
/** Code that never waits for anything must still let others have their turn. */
const MAX_BUSY_MS = 25;

export interface AuthorRun {
  readonly work: ThreadWork;
  /** What is run, for the log. */
  readonly name: string;
  /** Longest time without an event. */
  readonly idleTimeoutMs: number;
  /** A generator, or a promise where everything is awaited. */
  readonly start: (reply: Reply, send: (event: ResponderEvent) => Promise<void>) => unknown;
}

/** What happened, in its order: something was awaited, yielded, or the code has ended. */
type Happening =
  | { readonly kind: 'awaited'; readonly event: ResponderEvent; readonly taken: () => void }
  | { readonly kind: 'step'; readonly result: IteratorResult<unknown, void> }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Runs the code of an author and yields what it yields and what it awaits, in the order in which it does so, each event
 * checked. What it does after a stop, a timeout or its end is ignored.
 */
export async function* runAuthor(run: AuthorRun): AsyncGenerator<ResponderEvent, void> {
  const { work } = run;
  const channel = createChannel<Happening>(CAPACITY);
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  // Resolves when the event was taken, so that what is awaited next, such as the history, knows of it.
  const send = async (event: ResponderEvent) => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    channel.push({ kind: 'awaited', event, taken: resolve });
    await promise.finally(() => signal.removeEventListener('abort', onAbort));
  };
  const reply = createReply({ ...work, signal }, send);
  const steps = readSteps(run.name, () => run.start(reply, send));
  const pull = () => {
    steps.next().then(
      (result) => channel.push({ kind: 'step', result }),
      (error: unknown) => channel.push({ kind: 'failed', error }),
    );
  };
  const check = createChecker(work.thread.id);
  const breathe = createBreather();
  try {
    pull();
    for (;;) {
      for (const happening of channel.take() ?? []) {
        if (happening.kind === 'failed') throw happening.error;
        if (happening.kind === 'awaited') {
          yield check(happening.event);
          happening.taken();
        } else if (happening.result.done === true) {
          warnOfForgotten(reply, work.logger, run.name);
          return;
        } else {
          yield check(happening.result.value);
          pull();
        }
      }
      await breathe();
      await changeOf(channel, run);
    }
  } catch (error) {
    throw toReplyError(error);
  } finally {
    stop.abort(new DOMException('the reply has ended', 'AbortError'));
    channel.end();
    // Not awaited: code that is stuck in an await would hold us as long.
    steps.return().catch((error: unknown) => {
      work.logger.debug({ err: error, of: run.name }, 'the code of an agent ended late');
    });
  }
}

/** The steps of a generator, or none of a promise. */
async function* readSteps(name: string, start: () => unknown): AsyncGenerator<unknown, void> {
  const started: unknown = await start();
  if (started === undefined || started === null) return;
  if (typeof started === 'object' && (Symbol.asyncIterator in started || Symbol.iterator in started)) {
    yield* started as AsyncIterable<unknown>;
    return;
  }
  throw new InvalidReplyError(`${name} must be a generator or return nothing, it returned ${typeof started}`);
}

async function changeOf(channel: Channel<unknown>, { name, idleTimeoutMs }: AuthorRun): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new AuthorTimeoutError(name, idleTimeoutMs)), idleTimeoutMs);
  try {
    await Promise.race([channel.changed(), late]);
  } finally {
    clearTimeout(timer);
  }
}

class AuthorTimeoutError extends Error {
  constructor(name: string, timeoutMs: number) {
    super(`${name} did nothing for ${timeoutMs} ms`);
    this.name = 'AuthorTimeoutError';
  }
}

function createChecker(threadId: string): (value: unknown) => ResponderEvent {
  let chars = 0;
  return (value) => {
    const event = toEvent(value, threadId);
    chars += sizeOf(event);
    if (chars > MAX_REPLY_CHARS) {
      throw new InvalidReplyError(`a reply has at most ${MAX_REPLY_CHARS} characters, all events together`);
    }
    return event;
  };
}

/** Deltas are small and many: to measure each as JSON once more would cost more than to send it. */
function sizeOf(event: ResponderEvent): number {
  return event.type === 'thread.item.updated' && 'delta' in event.update
    ? event.update.delta.length + 100
    : JSON.stringify(event).length;
}

function createBreather(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < MAX_BUSY_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}

/** By its name, because an author may throw the error of another copy of this package. */
function toReplyError(error: unknown): unknown {
  if (error instanceof ReplyError || !(error instanceof Error) || error.name !== 'ReplyError') return error;
  return new ReplyError(error.message, {
    allowRetry: !('allowRetry' in error) || error.allowRetry !== false,
    cause: error.cause,
  });
}
