import type { ModelRequest } from '@openai/agents-core';
import type { Translate } from '../../texts/translator.ts';
import { CutStreamError, FailedResponseError } from '../model/errors.ts';
import type { ResponseDone, StreamEvent } from '../model/observed-model.ts';
import type { ReplyConverter } from './converter.ts';
import { createImageReader, type ImageRefusal } from './images.ts';
import type { Later } from './later.ts';
import { createReplyText } from './reply-text.ts';
import { createResponsesReader, type ResponsesEvent } from './responses-events.ts';
import type { ReplyWriter } from './to-events.ts';

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

type AssistantMessage = Extract<ResponseDone['response']['output'][number], { role: 'assistant' }>;

export interface ListenerOptions {
  readonly writer: ReplyWriter;
  readonly newCallId: () => string;
  readonly hasSucceeded: (callId: string) => boolean;
  readonly converter: ReplyConverter;
  readonly later: Later;
  readonly say: Translate;
  /** Told of each kind of output that is not shown, once. */
  readonly onIgnored: (itemType: string) => void;
  readonly onImageRefused: (why: ImageRefusal) => void;
}

/** Reads the stream of one model call after the other and writes what it says to the reply. */
export function createModelListener(options: ListenerOptions) {
  const { writer, newCallId, hasSucceeded, converter, later } = options;
  const usage = { input: 0, output: 0 };
  const callIds = new Set<string>();
  const text = createReplyText(writer);
  let expectedFrames = 0;
  const images = createImageReader({
    writer,
    converter,
    later,
    onRefused: options.onImageRefused,
    expectedFrames: () => expectedFrames,
  });
  const responses = createResponsesReader({
    writer,
    text,
    images,
    converter,
    later,
    say: options.say,
    onIgnored: options.onIgnored,
  });
  let isChat = false;
  let finishReason: string | undefined;
  let isFinished = false;

  function readChatChunk(chunk: ChatChunk): void {
    isChat = true;
    const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
    if (choice === undefined) return;
    if (choice.finish_reason) finishReason = choice.finish_reason;
    const reasoning = choice.delta?.reasoning ?? choice.delta?.reasoning_content;
    if (typeof reasoning === 'string') writer.thought('reasoning', reasoning);
    if (typeof choice.delta?.refusal === 'string') text.write(0, choice.delta.refusal);
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
    responses.read(event);
  }

  /** A model that does not stream, or left something out, says it all in its final event. */
  function writeUnstreamed(event: ResponseDone): void {
    if (text.hasSpoken) return;
    for (const item of event.response.output) {
      if (item.type !== 'message' || !('role' in item) || item.role !== 'assistant') continue;
      for (const [index, part] of item.content.entries()) {
        if (part.type === 'output_text') text.write(index, part.text);
        else if (part.type === 'refusal') text.write(index, part.refusal);
      }
      writer.closeMessage();
    }
  }

  function withCalls(event: ResponseDone): ResponseDone {
    let calls = 0;
    const output = event.response.output.map((item) => {
      if ('role' in item && item.role === 'assistant') return withoutRefusal(item);
      if (item.type !== 'function_call') return item;
      calls += 1;
      // Outputs are matched to calls by this id, and some servers send none, or the same one twice.
      const callId = item.callId === '' || callIds.has(item.callId) ? newCallId() : item.callId;
      callIds.add(callId);
      writer.toolCalled({ callId, name: item.name, arguments: item.arguments });
      return callId === item.callId ? item : { ...item, callId };
    });
    isFinished = calls === 0;
    const read = { ...event, response: { ...event.response, output } };
    return calls === 0 && images.hasShown && isWithoutMessage(event) ? withEmptyMessage(read) : read;
  }

  return {
    usage,
    /** Whether the last model call ended and asked for no further one. */
    get isFinished() {
      return isFinished;
    },
    began(request: ModelRequest) {
      text.beginResponse();
      responses.began();
      images.beginResponse();
      expectedFrames = framesOf(request);
      isChat = false;
      finishReason = undefined;
      isFinished = false;
      endReturnedCalls(request, writer, hasSucceeded);
    },
    event(event: StreamEvent) {
      if (event.type === 'output_text_delta') {
        const index: unknown = event.providerData?.['content_index'];
        text.write(typeof index === 'number' ? index : 0, event.delta);
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

/** The run loop takes a refusal for a failure, but to the user it is a reply like any other. */
function withoutRefusal(item: AssistantMessage): AssistantMessage {
  if (item.content.every((part) => part.type !== 'refusal')) return item;
  const content = item.content.map((part) =>
    part.type === 'refusal' ? { type: 'output_text' as const, text: part.refusal } : part,
  );
  return { ...item, content };
}

function isWithoutMessage({ response }: ResponseDone): boolean {
  return !response.output.some((item) => item.type === 'message');
}

/** The run loop asks the model again until there is a message, but a picture is an answer too. */
function withEmptyMessage(event: ResponseDone): ResponseDone {
  const { response } = event;
  const message = {
    type: 'message' as const,
    role: 'assistant' as const,
    status: 'completed' as const,
    content: [{ type: 'output_text' as const, text: '' }],
  };
  return { ...event, response: { ...response, output: [...response.output, message] } };
}

/** Frames of each picture that the image tool of a request asks for. */
function framesOf({ tools }: ModelRequest): number {
  for (const tool of tools) {
    if (tool.type !== 'hosted_tool' || tool.providerData?.['type'] !== 'image_generation') continue;
    const frames: unknown = tool.providerData['partial_images'];
    if (typeof frames === 'number') return frames;
  }
  return 0;
}
