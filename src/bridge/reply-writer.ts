import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { Turn } from '../chatkit/responder.ts';
import { createMessageWriter, type MessageWriter } from '../chatkit/writers/message-writer.ts';
import { createToolWriter, type ToolWriter } from '../chatkit/writers/tool-writer.ts';
import { isPlain } from '../forward/refusal.ts';
import { UnreadableAnswerError, type BridgeEvent, type BridgeToolCall } from './events.ts';
import { createTranslator } from '../texts/translator.ts';

/** Far longer than a person reads, and a bound on what one thread stores for one message. */
const MAX_REPLY_CHARS = 2_000_000;
const MAX_TOOL_CALLS = 200;
const MAX_TOOL_NAME_CHARS = 100;
const TOOL_FAILED = 'This step failed.';

/** Turns what a service says into ChatKit events. */
export interface ReplyWriter {
  /** Whether there is anything to see. */
  readonly hasShown: boolean;
  /** @throws UnreadableAnswerError when the reply grows beyond all bounds */
  write(event: Extract<BridgeEvent, { type: 'text' | 'break' | 'tool_call' }>): void;
  /** Closes whatever is open: the reply has ended, well or badly. */
  close(): void;
}

export function createReplyWriter(turn: Turn, push: (event: ResponderEvent) => void): ReplyWriter {
  let message: MessageWriter | undefined;
  let tools: ToolWriter | undefined;
  const running = new Map<string, string>();
  const known = new Set<string>();
  let calls = 0;
  let chars = 0;

  function closeMessage(): void {
    message?.close();
    message = undefined;
  }

  function closeTools(): void {
    tools?.close();
    tools = undefined;
    running.clear();
  }

  function writeText(text: string): void {
    chars += text.length;
    if (chars > MAX_REPLY_CHARS) {
      throw new UnreadableAnswerError(`the reply is longer than ${MAX_REPLY_CHARS} characters`);
    }
    // A step that is still running goes on beside the text.
    if (running.size === 0) closeTools();
    message ??= createMessageWriter(turn.newItem('message'), push);
    message.write(0, text);
  }

  function begin(call: BridgeToolCall): string | undefined {
    if (call.id !== undefined && known.has(call.id)) return undefined;
    calls += 1;
    if (calls > MAX_TOOL_CALLS) {
      if (calls === MAX_TOOL_CALLS + 1) turn.logger.warn('the service calls more tools than are shown');
      return undefined;
    }
    if (tools === undefined) {
      closeMessage();
      tools = createToolWriter({
        newWorkflow: () => turn.newItem('workflow'),
        newRecord: () => turn.newItem('hidden_context'),
        push,
        translate: createTranslator(turn.locale),
        titlesOf: () => undefined,
        onEnd: () => undefined,
      });
    }
    const callId = call.id ?? turn.createId('tool_call');
    known.add(callId);
    running.set(callId, call.tool);
    tools.call({ callId, name: toName(call.tool), arguments: call.arguments ?? '{}' });
    return callId;
  }

  function writeToolCall(call: BridgeToolCall): void {
    const callId = findRunning(running, call);
    if (call.status === 'pending') {
      // Without ids, the same name again is one more call; with them, it is news of the same one.
      if (callId === undefined || call.id === undefined) begin(call);
      return;
    }
    const ended = callId ?? begin(call);
    if (ended === undefined) return;
    running.delete(ended);
    const succeeded = call.status === 'success';
    const result = call.result ?? '';
    tools?.end(ended, {
      succeeded,
      output: succeeded || (result !== '' && isPlain(result)) ? result : TOOL_FAILED,
    });
  }

  return {
    get hasShown() {
      return chars > 0 || calls > 0;
    },
    write(event) {
      switch (event.type) {
        case 'text':
          writeText(event.text);
          break;
        case 'break':
          closeMessage();
          break;
        case 'tool_call':
          writeToolCall(event.call);
      }
    },
    close() {
      closeMessage();
      closeTools();
    },
  };
}

/** The call that a frame is about: by its id, else the oldest running one of that name. */
function findRunning(running: ReadonlyMap<string, string>, { id, tool }: BridgeToolCall): string | undefined {
  if (id !== undefined) return running.has(id) ? id : undefined;
  for (const [callId, name] of running) if (name === tool) return callId;
  return undefined;
}

function toName(tool: string): string {
  return tool
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_TOOL_NAME_CHARS)
    .toWellFormed();
}
