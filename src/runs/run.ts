import type { ResponderEvent, ThreadStreamEvent } from '../chatkit/protocol/events.ts';
import type { RunEndState } from '../observability/events.ts';
import { createEventLog } from './event-log.ts';

/** What a run's log holds: what clients see, and the hidden items that only the gateway reads. */
export type RunEvent = ThreadStreamEvent | ResponderEvent;

export type RunState = 'running' | RunEndState;

/** Why a run was stopped before its end. */
export type StopReason = 'viewer-left' | 'thread-deleted' | 'shutdown';

/** One streamed reply being produced. */
export interface Run {
  readonly id: string;
  readonly threadId: string;
  readonly state: RunState;
  /** Resolves when everything is stored. Never rejects. */
  readonly finished: Promise<void>;
  /** Stops the reply; what was shown is kept. Without effect on a run that has ended. */
  stop(reason: StopReason): void;
  /** Frames of the stream, several at once when the reader is slower than the reply. Leaving the loop stops the run. */
  frames(): AsyncIterable<string>;
  events(): AsyncIterable<RunEvent>;
}

/** What the producer of a run is given. */
export interface RunOutput {
  readonly signal: AbortSignal;
  /** Undefined while there is room, so that the common case costs no turn of the event loop. */
  send(event: ThreadStreamEvent): Promise<void> | undefined;
  /** An event that no client may see. */
  sendHidden(event: ResponderEvent): Promise<void> | undefined;
}

export interface RunOptions {
  readonly id: string;
  readonly threadId: string;
  /** Produces the whole reply, stores it, and says how it ended. */
  readonly produce: (output: RunOutput) => Promise<RunEndState>;
  readonly onEnd: (run: Run) => void;
}

export function startRun(options: RunOptions): Run {
  const { id, threadId } = options;
  const log = createEventLog<RunEvent>();
  const stopping = new AbortController();
  let state: RunState = 'running';

  const output: RunOutput = {
    signal: stopping.signal,
    send: (event) => log.append({ event, frame: `data: ${JSON.stringify(event)}\n\n` }),
    sendHidden: (event) => log.append({ event, frame: '' }),
  };

  async function* batches() {
    try {
      for (;;) {
        const batch = await log.take();
        if (batch.length === 0) return;
        yield batch;
      }
    } finally {
      log.detach();
      run.stop('viewer-left');
    }
  }

  const run: Run = {
    id,
    threadId,
    get state() {
      return state;
    },
    finished: options.produce(output).then((end) => {
      state = end;
      log.close();
      options.onEnd(run);
    }),
    stop(reason) {
      if (state === 'running' && !stopping.signal.aborted)
        stopping.abort(new DOMException(reason, 'AbortError'));
    },
    async *frames() {
      for await (const batch of batches()) {
        const frames =
          batch.length === 1 ? (batch[0]?.frame ?? '') : batch.map((entry) => entry.frame).join('');
        if (frames !== '') yield frames;
      }
    },
    async *events() {
      for await (const batch of batches()) for (const entry of batch) yield entry.event;
    },
  };
  return run;
}
