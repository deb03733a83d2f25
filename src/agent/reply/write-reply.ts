import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import { startRun, type AgentRun, type RunOptions } from './run-agent.ts';

export interface ReplyOptions extends RunOptions {
  /** Called once, when the reply has ended in whatever way. */
  readonly onUsage: (usage: AgentRun['usage']) => void;
  /** Called once, when there is something to see. */
  readonly onVisible: () => void;
}

/**
 * Runs the agent once and yields what it does, as many events at a time as there are. Ends quietly when the turn is
 * aborted.
 * @throws ReplyFailure
 */
export async function* writeReply(options: ReplyOptions): AsyncGenerator<readonly ResponderEvent[]> {
  const { signal } = options.turn;
  if (signal.aborted) return;
  const run = startRun(options);
  const onAbort = () => run.halt(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let isVisible = false;
  try {
    for (;;) {
      const batch = run.channel.take();
      if (batch !== undefined) {
        if (!isVisible) options.onVisible();
        isVisible = true;
        yield batch;
      } else if (run.channel.hasEnded) break;
      else await run.channel.changed();
    }
    if (signal.aborted) return;
    yield run.closingEvents();
    if (run.failure !== undefined) throw run.failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
    run.halt(ENDED);
    options.onUsage(run.usage);
  }
}

/** Made once: an exception that nobody sees should not cost a stack trace for each reply. */
const ENDED = new DOMException('the reply has ended', 'AbortError');
