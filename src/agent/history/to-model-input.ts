import type { AgentInputItem } from '@openai/agents-core';
import type { AssistantMessageItem, ThreadItem } from '../../chatkit/protocol/items.ts';
import { toolCallOf } from '../../chatkit/tool-call-record.ts';
import type { AttachedFiles } from './attached-files.ts';
import { toContext } from './context.ts';
import { structuredInputText, taskSentence } from './sentences.ts';
import { toArguments, toFunctionName, toJson } from './tool-names.ts';
import { fromUserMessage } from './user-message.ts';

/** About 60,000 tokens: below the context of hosted models, and a bound on what one message can cost. */
export const MAX_INPUT_CHARS = 240_000;
const NO_FILES: AttachedFiles = new Map();

/** What somebody else has made of an item: in its place, or besides. */
export interface GivenInput {
  readonly instead?: readonly AgentInputItem[];
  readonly after?: readonly AgentInputItem[];
}

/**
 * Stored items as model input, oldest first. The newest items that fit are kept, and the input begins with a user
 * message where there is one, because many chat templates refuse anything else.
 */
export function toModelInput(
  items: readonly ThreadItem[],
  options: {
    readonly maxChars?: number;
    readonly files?: AttachedFiles;
    readonly given?: ReadonlyMap<string, GivenInput>;
  } = {},
): AgentInputItem[] {
  const { maxChars = MAX_INPUT_CHARS, files = NO_FILES, given } = options;
  const lastMessage = items.findLastIndex((item) => item.type === 'user_message');
  const kept: { isMessage: boolean; input: AgentInputItem[] }[] = [];
  const callIds = new Set<string>();
  const room = { imageChars: MAX_IMAGE_CHARS };
  let chars = 0;
  for (let index = items.length - 1; index >= 0; index -= 1) {
    const item = items[index];
    if (item === undefined) continue;
    const { instead, after = [] } = given?.get(item.id) ?? {};
    const usual = () => fromItem(item, { isLast: index === lastMessage, callIds, files, room });
    const input = [...(instead ?? usual()), ...after];
    chars += sizeOf(input);
    // The message that is to be answered is always given, however long it is.
    if (chars > maxChars && index < lastMessage) break;
    if (input.length > 0) kept.push({ isMessage: item.type === 'user_message', input });
  }
  kept.reverse();
  const first = kept.findIndex((entry) => entry.isMessage);
  return kept.slice(Math.max(first, 0)).flatMap((entry) => entry.input);
}

const GIVEN_IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/;
/** Of all generated images that a model is given again. */
const MAX_IMAGE_CHARS = 8_000_000;

interface Place {
  readonly room: { imageChars: number };
  readonly isLast: boolean;
  readonly files: AttachedFiles;
  /** Those in use: a server that numbers its calls from zero in every reply would otherwise confuse them. */
  readonly callIds: Set<string>;
}

function fromItem(item: ThreadItem, place: Place): AgentInputItem[] {
  switch (item.type) {
    case 'user_message':
      return fromUserMessage(item, place);
    case 'assistant_message':
      return fromAssistantMessage(item);
    case 'client_tool_call':
      if (item.status === 'pending') return [];
      return callAndOutput(
        {
          id: item.id,
          callId: item.call_id,
          name: item.name,
          arguments: toJson(item.arguments),
          output: typeof item.output === 'string' ? item.output : toJson(item.output),
        },
        place,
      );
    case 'widget':
      return [shown(`This interface element was shown to the user: ${toJson(item.widget)}`)];
    case 'generated_image':
      return item.image === undefined ? [] : [generatedImage(item.image.url, place)];
    case 'structured_input':
      return [shown(structuredInputText(item))];
    case 'task':
      return sentences([taskSentence(item.task)]);
    case 'workflow':
      return sentences(item.workflow.tasks.map(taskSentence));
    case 'hidden_context_item':
    case 'sdk_hidden_context':
      return fromHidden(item, place);
    case 'end_of_turn':
      return [];
  }
}

/** The newest pictures are given themselves, as far as there is room for them; of the others it is said that they were. */
function generatedImage(url: string, place: Place): AgentInputItem {
  const text = toContext('This generated image was shown to the user.');
  // Only what a model server can read: an address of this machine, or one that has expired, would fail the whole reply.
  const canBeGiven = GIVEN_IMAGE.test(url) && url.length <= place.room.imageChars;
  if (!canBeGiven) return shown('A generated image was shown to the user.');
  place.room.imageChars -= url.length;
  return {
    role: 'user',
    content: [
      { type: 'input_text', text },
      { type: 'input_image', image: url },
    ],
  };
}

function fromAssistantMessage(item: AssistantMessageItem): AgentInputItem[] {
  const text = item.content.map((part) => part.text).join('');
  if (text === '') return [];
  return [{ role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] }];
}

function fromHidden(
  item: Extract<ThreadItem, { type: 'hidden_context_item' | 'sdk_hidden_context' }>,
  place: Place,
): AgentInputItem[] {
  const record = toolCallOf(item);
  if (record !== undefined) {
    if (record.status === 'pending') return [];
    return callAndOutput(
      {
        id: item.id,
        callId: record.call_id,
        name: record.tool,
        arguments: record.arguments,
        output: record.result ?? '',
      },
      place,
    );
  }
  const content = typeof item.content === 'string' ? item.content : toJson(item.content);
  return [shown(`Background that the user was not shown:\n<hidden_context>\n${content}\n</hidden_context>`)];
}

/** In the user's role, because no other one is taken by every server in the middle of a conversation. */
function shown(text: string): AgentInputItem {
  return { role: 'user', content: toContext(text) };
}

function sentences(parts: readonly (string | undefined)[]): AgentInputItem[] {
  const text = parts.filter((part) => part !== undefined).join('\n');
  return text === '' ? [] : [shown(text)];
}

interface FinishedCall {
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
  readonly output: string;
}

function callAndOutput(call: FinishedCall, place: Place): AgentInputItem[] {
  const callId = call.callId === '' || place.callIds.has(call.callId) ? `call_${call.id}` : call.callId;
  place.callIds.add(callId);
  const name = toFunctionName(call.name);
  return [
    { type: 'function_call', callId, name, arguments: toArguments(call.arguments), status: 'completed' },
    { type: 'function_call_result', callId, name, status: 'completed', output: call.output },
  ];
}

function sizeOf(input: readonly AgentInputItem[]): number {
  let chars = 0;
  for (const item of input) {
    if (item.type === 'function_call') chars += item.arguments.length;
    else if (item.type === 'function_call_result') {
      chars += typeof item.output === 'string' ? item.output.length : 0;
    } else if ('content' in item && typeof item.content === 'string') chars += item.content.length;
    else if ('content' in item && Array.isArray(item.content)) {
      // What is no text has bounds of its own.
      for (const part of item.content) if ('text' in part) chars += part.text.length;
    }
  }
  return chars;
}
