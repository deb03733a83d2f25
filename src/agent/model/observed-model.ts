import type { AgentInputItem, Model, ModelRequest } from '@openai/agents-core';
import { CutStreamError, SilentModelError } from './errors.ts';

export type StreamEvent =
  ReturnType<Model['getStreamedResponse']> extends AsyncIterable<infer Event> ? Event : never;
export type ResponseDone = Extract<StreamEvent, { type: 'response_done' }>;

/** Who is told what a model does while it does it. */
export interface ModelObserver {
  began(request: ModelRequest): void;
  event(event: StreamEvent): void;
  /** @returns the event as the SDK is to see it */
  done(event: ResponseDone): ResponseDone;
  failed(error: unknown): void;
  /** The model has been silent for too long; `failed` follows if the model takes notice at all. */
  silent(error: SilentModelError): void;
  /** Something to wait for when the reader of the reply is slow. */
  room(): Promise<void> | undefined;
}

/** How often the run loop sees that the model is at work; its guardrails are looked at then. */
const TICK_MS = 50;
const TICK: StreamEvent = { type: 'model', event: undefined };

/**
 * A model whose stream goes to an observer directly. The run loop of the SDK only gets what it needs, the final event
 * and now and then a tick: passing each delta through its queues and web streams would cost more than all the rest.
 */
export function observeModel(
  model: Model,
  options: {
    readonly observer: ModelObserver;
    readonly idleTimeoutMs: number;
    /** What was said before the input of the run. The SDK copies and compares every item that it is given. */
    readonly before: readonly AgentInputItem[];
  },
): Model {
  const { observer, idleTimeoutMs, before } = options;
  const withBefore = (request: ModelRequest): ModelRequest =>
    before.length === 0 || typeof request.input === 'string'
      ? request
      : { ...request, input: [...before, ...request.input] };

  async function* stream(request: ModelRequest): AsyncGenerator<StreamEvent> {
    let isWaitingForReader = false;
    const timer = setTimeout(() => {
      if (isWaitingForReader) timer.refresh();
      else observer.silent(new SilentModelError(idleTimeoutMs));
    }, idleTimeoutMs);
    try {
      observer.began(request);
      let isDone = false;
      let nextTick = performance.now() + TICK_MS;
      for await (const event of model.getStreamedResponse(withBefore(request))) {
        timer.refresh();
        if (event.type === 'response_done') {
          isDone = true;
          yield observer.done(event);
          continue;
        }
        observer.event(event);
        const room = observer.room();
        if (room !== undefined) {
          isWaitingForReader = true;
          await room;
          isWaitingForReader = false;
          timer.refresh();
        }
        const now = performance.now();
        if (now >= nextTick) {
          nextTick = now + TICK_MS;
          yield TICK;
        }
      }
      if (!isDone && request.signal?.aborted !== true) throw new CutStreamError();
    } catch (error) {
      observer.failed(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    getResponse: (request) => model.getResponse(withBefore(request)),
    getStreamedResponse: stream,
    ...(model.getRetryAdvice === undefined ? {} : { getRetryAdvice: (args) => model.getRetryAdvice?.(args) }),
    ...(model.supportsPromptModelSelection === undefined
      ? {}
      : { supportsPromptModelSelection: model.supportsPromptModelSelection }),
  };
}
