import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import {
  isHiddenItem,
  type ClientToolCallItem,
  type StructuredInputItem,
} from '../../chatkit/protocol/items.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { toToolCallItem } from '../../chatkit/tool-call-record.ts';
import { toVisibleItem } from '../module/checked.ts';
import { createReply } from '../module/reply.ts';
import type { PageCall, ToolContext, ToolRun } from '../tools/registry.ts';
import { ToolError } from '../tools/tool-error.ts';
import type { Channel } from './channel.ts';

/** Thrown into a run that would ask the model again although the reply waits for the page or the user. */
export class PausedError extends Error {
  constructor() {
    super('the reply waits for the page or the user');
    this.name = 'PausedError';
  }
}

const NOT_RUN =
  'This call was not run, because the user or the page is busy with another one. Call it again later.';

/** What the running tools of one reply do to it. */
export interface ToolSide {
  readonly context: ToolContext;
  readonly isPaused: boolean;
  /** Ids of the items that tools have added. */
  readonly produced: ReadonlySet<string>;
  /** Whether there was something to see since the last call. */
  takeShown(): boolean;
  /** What the reply waits for: the last item of it. */
  readonly awaited: ClientToolCallItem | StructuredInputItem | undefined;
}

export function createToolSide(options: {
  readonly turn: Turn;
  readonly channel: Channel<ResponderEvent>;
  readonly signal: AbortSignal;
  readonly onUnexpectedError: ToolRun['onUnexpectedError'];
}): ToolSide {
  const { turn, channel, signal } = options;
  const produced = new Set<string>();
  let awaited: ToolSide['awaited'];
  let hasShown = false;

  /** The item is sent when everything else of the reply is, so that it is the last one. */
  function pause(item: NonNullable<ToolSide['awaited']>): void {
    if (awaited !== undefined) throw new ToolError('The user is being asked something else already.');
    awaited = item;
  }

  function sender(callSignal: AbortSignal) {
    return async (event: ResponderEvent) => {
      callSignal.throwIfAborted();
      if (channel.hasEnded) throw new DOMException('the reply has ended', 'AbortError');
      if (event.type === 'thread.item.done' && isAwaiting(event.item)) {
        pause(event.item);
        return;
      }
      if ('item' in event && event.type !== 'thread.item.replaced') {
        produced.add(event.item.id);
        hasShown ||= !isHiddenItem(event.item);
      }
      channel.push(event);
      if (channel.isFull) await channel.drained();
    };
  }

  const replyFor = (callSignal: AbortSignal) =>
    createReply({ ...turn, signal: callSignal }, sender(callSignal));
  const run: ToolRun = {
    succeeded: new Set(),
    onUnexpectedError: options.onUnexpectedError,
    get isPaused() {
      return awaited !== undefined;
    },
    replyFor,
    callPage(call) {
      if (awaited === undefined) {
        awaited = toItem(turn, call);
        return undefined;
      }
      // Without it the model would not know on the next turn that it has called this tool.
      const record = toToolCallItem(turn.newItem('hidden_context'), {
        type: 'tool_call',
        call_id: call.callId,
        tool: call.name,
        arguments: JSON.stringify(call.arguments),
        status: 'error',
        result: NOT_RUN,
      });
      produced.add(record.id);
      channel.push({ type: 'thread.item.done', item: record });
      return NOT_RUN;
    },
  };
  return {
    context: { ...turn, signal, owner: turn.principal.userKey, reply: replyFor(signal), run },
    produced,
    get isPaused() {
      return run.isPaused;
    },
    get awaited() {
      return awaited;
    },
    takeShown() {
      const shown = hasShown;
      hasShown = false;
      return shown;
    },
  };
}

/** @throws InvalidReplyError for arguments without a JSON form */
function toItem(turn: Turn, { callId, name, arguments: args }: PageCall): ClientToolCallItem {
  const base = turn.newItem('tool_call');
  const item = {
    ...base,
    type: 'client_tool_call',
    status: 'pending',
    call_id: callId,
    name,
    arguments: args,
  };
  return toVisibleItem(item, base.thread_id) as ClientToolCallItem;
}

function isAwaiting(item: { readonly type: string }): item is NonNullable<ToolSide['awaited']> {
  const isQuestion = item.type === 'client_tool_call' || item.type === 'structured_input';
  return isQuestion && 'status' in item && item.status === 'pending';
}
