import type { Annotation } from '../../chatkit/protocol/common.ts';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { createMessageWriter, type MessageWriter } from '../../chatkit/writers/message-writer.ts';
import {
  createToolWriter,
  type ToolCall,
  type ToolOutcome,
  type ToolWriter,
} from '../../chatkit/writers/tool-writer.ts';
import { createTranslator } from '../../texts/translator.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { createThoughtWriter, type ThoughtWriter } from './thought-writer.ts';

/** Turns what a model run does into ChatKit events. At most one visible item is open at a time. */
export interface ReplyWriter {
  openMessage(): void;
  openPart(index: number): void;
  text(index: number, delta: string): void;
  annotate(index: number, annotation: Annotation): void;
  closePart(index: number): void;
  closeMessage(): void;
  thought(key: string, delta: string): void;
  toolCalled(call: ToolCall): void;
  toolEnded(callId: string, outcome: ToolOutcome): void;
  /** Closes whatever is open: the run has ended, well or badly. */
  close(): void;
  /** Takes back every item of this run. */
  removeAll(): void;
}

export interface ReplyWriterOptions {
  readonly turn: Pick<Turn, 'newItem' | 'locale'>;
  readonly registry: ToolRegistry;
  readonly push: (event: ResponderEvent) => void;
  readonly onToolEnd: (tool: string, succeeded: boolean) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

export function createReplyWriter(options: ReplyWriterOptions): ReplyWriter {
  const { turn, push, registry, now = () => performance.now() } = options;
  const produced: string[] = [];
  let message: MessageWriter | undefined;
  let thoughts: ThoughtWriter | undefined;
  let tools: ToolWriter | undefined;

  function newItem(kind: Parameters<Turn['newItem']>[0]) {
    const base = turn.newItem(kind);
    produced.push(base.id);
    return base;
  }

  function closeMessage(): void {
    message?.close();
    message = undefined;
  }

  function closeThoughts(): void {
    thoughts?.close();
    thoughts = undefined;
  }

  function closeTools(): void {
    tools?.close();
    tools = undefined;
  }

  // The model's own ids are not used: a chat-completions model gives every message the same one.
  function openedMessage(): MessageWriter {
    if (message === undefined) {
      closeThoughts();
      closeTools();
      message = createMessageWriter(newItem('message'), push);
    }
    return message;
  }

  return {
    openMessage() {
      closeMessage();
      openedMessage();
    },
    openPart: (index) => openedMessage().openPart(index),
    text: (index, delta) => openedMessage().write(index, delta),
    annotate: (index, annotation) => openedMessage().annotate(index, annotation),
    closePart: (index) => message?.closePart(index),
    closeMessage,
    thought(key, delta) {
      if (delta === '') return;
      if (thoughts === undefined) {
        closeMessage();
        closeTools();
        thoughts = createThoughtWriter(newItem('workflow'), push, now);
      }
      thoughts.write(key, delta);
    },
    toolCalled(call) {
      if (tools === undefined) {
        closeMessage();
        closeThoughts();
        tools = createToolWriter({
          newWorkflow: () => newItem('workflow'),
          newRecord: () => newItem('hidden_context'),
          push,
          translate: createTranslator(turn.locale),
          titlesOf: (tool) => registry.get(tool),
          onEnd: options.onToolEnd,
        });
      }
      tools.call(call);
    },
    toolEnded: (callId, outcome) => tools?.end(callId, outcome),
    close() {
      closeMessage();
      closeThoughts();
      closeTools();
    },
    removeAll() {
      for (const id of produced) push({ type: 'thread.item.removed', item_id: id });
    },
  };
}
