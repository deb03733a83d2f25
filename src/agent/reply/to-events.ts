import type { Annotation } from '../../chatkit/protocol/common.ts';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Task, Workflow } from '../../chatkit/protocol/tasks.ts';
import type { Turn } from '../../chatkit/responder.ts';
import { createImageWriter, type ImageWriter } from '../../chatkit/writers/image-writer.ts';
import { createMessageWriter, type MessageWriter } from '../../chatkit/writers/message-writer.ts';
import { createStepsWriter, type StepsWriter } from '../../chatkit/writers/steps-writer.ts';
import {
  createToolWriter,
  type ToolCall,
  type ToolOutcome,
  type ToolWriter,
} from '../../chatkit/writers/tool-writer.ts';
import { createTranslator } from '../../texts/translator.ts';
import type { ToolRegistry } from '../tools/registry.ts';

/** Turns what a model run does into ChatKit events. At most one message or workflow is open at a time. */
export interface ReplyWriter {
  readonly hasMessage: boolean;
  openMessage(): void;
  openPart(index: number): void;
  text(index: number, delta: string): void;
  /** @returns how many characters of the whole text were not there yet */
  settle(index: number, whole: string): number;
  annotate(index: number, annotation: Annotation): void;
  closePart(index: number): void;
  closeMessage(): void;
  /** The model has begun to think, whether or not it will tell what. */
  think(): void;
  thought(key: string, delta: string): void;
  endThought(key: string, content: string): void;
  /** A tool that the model's server runs, in each of its states. */
  step(key: string, task: Task): void;
  openImage(key: string): void;
  showImage(key: string, url: string, progress: number): void;
  /** Without a picture the last frame stays; an image without any is taken away. */
  closeImage(key: string, url?: string): void;
  toolCalled(call: ToolCall): void;
  toolEnded(callId: string, outcome: ToolOutcome): void;
  /** Closes whatever is open: the run has ended, well or badly. */
  close(): void;
  /** Takes back every item of this run. */
  removeAll(): void;
}

/** Thoughts and steps of one reply; a model that goes on for ever is not shown for ever. */
const MAX_STEPS = 2_000;

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
  const images = new Map<string, ImageWriter>();
  /** Every thought and step so far: one that was closed with its workflow is not begun again. */
  const stepKeys = new Set<string>();
  let steps: StepsWriter | undefined;
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

  function closeSteps(): void {
    steps?.close();
    steps = undefined;
  }

  function closeTools(): void {
    tools?.close();
    tools = undefined;
  }

  // The model's own ids are not used: a chat-completions model gives every message the same one.
  function openedMessage(): MessageWriter {
    if (message === undefined) {
      closeSteps();
      closeTools();
      message = createMessageWriter(newItem('message'), push);
    }
    return message;
  }

  function openedSteps(type: Workflow['type']): StepsWriter {
    if (steps === undefined) {
      closeMessage();
      closeTools();
      steps = createStepsWriter({ base: newItem('workflow'), type, push, now });
    }
    return steps;
  }

  /** The workflow that a thought or step belongs to; nothing when that one has been closed. */
  function stepsOf(key: string, type: Workflow['type']): StepsWriter | undefined {
    if (stepKeys.has(key)) return steps?.has(key) === true ? steps : undefined;
    if (stepKeys.size >= MAX_STEPS) return undefined;
    stepKeys.add(key);
    return openedSteps(type);
  }

  return {
    get hasMessage() {
      return message !== undefined;
    },
    openMessage() {
      closeMessage();
      openedMessage();
    },
    openPart: (index) => openedMessage().openPart(index),
    text: (index, delta) => openedMessage().write(index, delta),
    settle: (index, whole) => openedMessage().settle(index, whole),
    annotate: (index, annotation) => openedMessage().annotate(index, annotation),
    closePart: (index) => message?.closePart(index),
    closeMessage,
    think: () => void openedSteps('reasoning'),
    thought(key, delta) {
      if (delta !== '') stepsOf(key, 'reasoning')?.thought(key, delta);
    },
    endThought(key, content) {
      if (content !== '') stepsOf(key, 'reasoning')?.endThought(key, content);
    },
    step: (key, task) => stepsOf(key, 'custom')?.step(key, task),
    openImage(key) {
      closeMessage();
      closeSteps();
      closeTools();
      images.set(key, createImageWriter(newItem('image'), push));
    },
    showImage: (key, url, progress) => images.get(key)?.show(url, progress),
    closeImage(key, url) {
      images.get(key)?.close(url);
      images.delete(key);
    },
    toolCalled(call) {
      if (!registry.isShown(call.name)) return;
      if (tools === undefined) {
        closeMessage();
        closeSteps();
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
      closeSteps();
      closeTools();
      for (const image of images.values()) image.close();
      images.clear();
    },
    removeAll() {
      for (const id of produced) push({ type: 'thread.item.removed', item_id: id });
    },
  };
}
