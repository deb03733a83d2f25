import { GatewayError } from '../../errors/gateway-error.ts';
import type { RunRegistry, ThreadClaim } from '../../runs/registry.ts';
import type { Run } from '../../runs/run.ts';
import type { ThreadRecord, ThreadWrite } from '../../store/chat-store.ts';
import { createId } from '../ids.ts';
import { openThread } from '../open-thread.ts';
import type { ResponderEvent, ThreadStreamEvent } from '../protocol/events.ts';
import type { UserMessageItem } from '../protocol/items.ts';
import type { ThreadWork, Turn } from '../responder.ts';
import { toLiveThread } from '../thread-work.ts';
import { runTurn, type TurnOptions } from '../turn.ts';
import type { OperationContext } from './operation.ts';

export interface TurnOperations extends TurnOptions {
  readonly runs: RunRegistry;
  /** @throws GatewayError when the user chose a model or a tool that is not on offer */
  readonly checkChoice: (options: UserMessageItem['inference_options']) => void;
  /** How long a tool of the page may take; its answer is refused after that. */
  readonly clientToolTimeoutMs: number;
}

/** A thread that is being worked in, marked by the run that does so. */
export type ClaimedThread = ThreadRecord & { readonly runId: string };

/** Claims the thread of this owner and refuses one that takes no messages. */
export async function withThread(
  options: TurnOperations,
  context: OperationContext,
  threadId: string,
  work: (thread: ClaimedThread, claim: ThreadClaim) => Promise<Run>,
): Promise<Run> {
  await openThread(options, context.principal.userKey, threadId);
  using claim = options.runs.claim(threadId);
  // Read again: what was true before the claim may have been changed by the run that held it.
  const thread = await options.store.getThread(context.principal.userKey, threadId);
  if (thread === undefined) throw new GatewayError('thread-not-found');
  requireActive(thread);
  return await work({ ...thread, runId: createId('run') }, claim);
}

/** @throws GatewayError `thread-locked` or `thread-closed` */
export function requireActive({ status }: ThreadRecord): void {
  if (status.type === 'active') return;
  const detail = status.reason === undefined ? {} : { detail: status.reason };
  throw new GatewayError(status.type === 'locked' ? 'thread-locked' : 'thread-closed', detail);
}

/** Marks the thread as being written to, together with what the operation itself changes. */
export async function beginRun(
  options: TurnOperations,
  context: OperationContext,
  thread: ClaimedThread,
  writes: readonly ThreadWrite[] = [],
): Promise<void> {
  await options.store.writeThread(context.principal.userKey, thread.id, [
    ...writes,
    { type: 'update-thread', runId: thread.runId },
  ]);
}

/** What every piece of streamed work is given; a reply gets its input besides. */
export type StreamedWork = ThreadWork & Pick<Turn, 'runId' | 'answered'>;

/** Starts the run of a thread that `beginRun`, or its creation, has marked. */
export function startTurn(
  options: TurnOperations,
  context: OperationContext,
  turn: {
    readonly claim: ThreadClaim;
    readonly thread: ClaimedThread;
    readonly opening?: readonly ThreadStreamEvent[];
    readonly leading?: readonly ThreadStreamEvent[];
    readonly produce: (work: StreamedWork) => AsyncIterable<ResponderEvent>;
  },
): Run {
  const { thread, claim, opening = [], leading = [], produce } = turn;
  const { runId } = thread;
  const live = toLiveThread(thread);
  const request = {
    context,
    logger: context.logger.child({ runId, threadId: thread.id }),
    live,
    opening,
    leading,
    produce: (work: ThreadWork) =>
      produce({ ...work, runId, answered: (answer) => context.onAnswer?.(answer) }),
  };
  return claim.start({ id: runId, thread: live, produce: (output) => runTurn(options, request, output) });
}
