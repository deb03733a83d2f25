import type { ModelRequest } from '@openai/agents-core';
import { CutStreamError, EndlessReplyError, FailedResponseError } from '../model/errors.ts';
import type { ResponseDone, StreamEvent } from '../model/observed-model.ts';
import { writeResponsesEvent, type ResponsesEvent } from './responses-events.ts';
import type { ReplyWriter } from './to-events.ts';

export const MAX_REPLY_CHARS = 1_000_000;

const RESPONSES = 'openai-responses';
const CHAT = 'openai-chat-completions';

interface ChatChunk {
  readonly choices?: readonly {
    readonly index?: number;
    readonly finish_reason?: string | null;
    readonly delta?: {
      readonly refusal?: unknown;
      readonly reasoning?: unknown;
      readonly reasoning_content?: unknown;
    };
  }[];
}

export interface ListenerOptions {
  readonly writer: ReplyWriter;
  readonly newCallId: () => string;
  readonly hasSucceeded: (callId: string) => boolean;
}

/** Reads the stream of one model call after the other and writes what it says to the reply. */
export function createModelListener({ writer, newCallId, hasSucceeded }: ListenerOptions) {
  const usage = { input: 0, output: 0 };
  const callIds = new Set<string>();
  let chars = 0;
  let textChars = 0;
  let isChat = false;
  let finishReason: string | undefined;
  let isFinished = false;

  function text(index: number, delta: string): void {
    textChars += delta.length;
    chars += delta.length;
    if (chars > MAX_REPLY_CHARS) throw new EndlessReplyError(MAX_REPLY_CHARS);
    writer.text(index, delta);
  }

  function readChatChunk(chunk: ChatChunk): void {
    isChat = true;
    const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
    if (choice === undefined) return;
    if (choice.finish_reason) finishReason = choice.finish_reason;
    const reasoning = choice.delta?.reasoning ?? choice.delta?.reasoning_content;
    if (typeof reasoning === 'string') writer.thought('reasoning', reasoning);
    if (typeof choice.delta?.refusal === 'string') text(0, choice.delta.refusal);
  }

  function readResponsesEvent(event: ResponsesEvent): void {
    if (event.type === 'response.failed' || event.type === 'response.incomplete') {
      const { error, incomplete_details: incomplete } = event.response ?? {};
      const asText = (value: unknown) => (typeof value === 'string' ? value : undefined);
      throw new FailedResponseError(
        event.type,
        asText(error?.code) ?? asText(incomplete?.reason),
        asText(error?.message) ?? asText(incomplete?.reason),
      );
    }
    if (event.type === 'response.refusal.delta' && typeof event.delta === 'string')
      textChars += event.delta.length;
    writeResponsesEvent(event, writer);
  }

  /** A model that does not stream, or left something out, says it all in its final event. */
  function writeUnstreamed(event: ResponseDone): void {
    if (textChars > 0) return;
    for (const item of event.response.output) {
      if (item.type !== 'message' || !('role' in item) || item.role !== 'assistant') continue;
      for (const [index, part] of item.content.entries()) {
        if (part.type === 'output_text') text(index, part.text);
        else if (part.type === 'refusal') text(index, part.refusal);
      }
      writer.closeMessage();
    }
  }

  function withCalls(event: ResponseDone): ResponseDone {
    let calls = 0;
    const output = event.response.output.map((item) => {
      if (item.type !== 'function_call') return item;
      calls += 1;
      // Outputs are matched to calls by this id, and some servers send none, or the same one twice.
      const callId = item.callId === '' || callIds.has(item.callId) ? newCallId() : item.callId;
      callIds.add(callId);
      writer.toolCalled({ callId, name: item.name, arguments: item.arguments });
      return callId === item.callId ? item : { ...item, callId };
    });
    isFinished = calls === 0;
    return calls > 0 ? { ...event, response: { ...event.response, output } } : event;
  }

  return {
    usage,
    /** Whether the last model call ended and asked for no further one. */
    get isFinished() {
      return isFinished;
    },
    began(request: ModelRequest) {
      textChars = 0;
      isChat = false;
      finishReason = undefined;
      isFinished = false;
      endReturnedCalls(request, writer, hasSucceeded);
    },
    event(event: StreamEvent) {
      if (event.type === 'output_text_delta') {
        const index: unknown = event.providerData?.['content_index'];
        text(typeof index === 'number' ? index : 0, event.delta);
      } else if (event.type === 'model') {
        const source: unknown = event.providerData?.['rawModelEventSource'];
        if (source === RESPONSES) readResponsesEvent(event.event as ResponsesEvent);
        else if (source === CHAT) readChatChunk(event.event as ChatChunk);
      }
    },
    done(event: ResponseDone): ResponseDone {
      // The SDK makes a final event even of a chat-completions stream that was cut.
      if (isChat && finishReason === undefined) throw new CutStreamError();
      usage.input += event.response.usage.inputTokens ?? 0;
      usage.output += event.response.usage.outputTokens ?? 0;
      writeUnstreamed(event);
      writer.closeMessage();
      return withCalls(event);
    },
  };
}

/** Calls that end without the tool having run, such as one of an unknown tool, are only seen in the next request. */
function endReturnedCalls(
  request: ModelRequest,
  writer: ReplyWriter,
  hasSucceeded: (callId: string) => boolean,
): void {
  if (typeof request.input === 'string') return;
  for (let index = request.input.length - 1; index >= 0; index -= 1) {
    const item = request.input[index];
    if (item?.type === 'function_call' || item?.type === 'reasoning') continue;
    if (item?.type !== 'function_call_result') break;
    const { callId, output } = item;
    writer.toolEnded(callId, {
      succeeded: hasSucceeded(callId),
      output: typeof output === 'string' ? output : JSON.stringify(output),
    });
  }
}
