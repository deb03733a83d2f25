import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { PushedReadable, type PushSink, type PushSource } from '../push-source.ts';
import type { AnswerFacts } from './target.ts';

/** What may be held before somebody takes it. */
const MAX_HELD_BYTES = 65_536;

/**
 * The answer of a service, whose body is handed on in the moment in which it arrives: for a chat that is mostly small
 * frames, undici's own stream costs more than the rest of the way.
 */
export interface ArrivingAnswer extends AnswerFacts, PushSource {
  /** The whole body. @throws RangeError when it is larger than `maxBytes`; what the connection failed with */
  collect(maxBytes: number): Promise<Uint8Array>;
  /** The same answer as undici's `request` gives it. */
  toResponse(): Dispatcher.ResponseData;
}

/** Sends a request. Resolves with the headers of the answer. @throws undici's errors, the reason of the signal */
export function openAnswer(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<ArrivingAnswer> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new Exchange(signal, resolve, reject));
  });
}

class Exchange implements ArrivingAnswer, Dispatcher.DispatchHandler {
  statusCode = 0;
  headers: IncomingHttpHeaders = {};
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: ArrivingAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #closeListeners: (() => void)[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #hasAnswered = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #sink: PushSink | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(
    signal: AbortSignal,
    resolve: (answer: ArrivingAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this);
  }

  get body(): this {
    return this;
  }

  once(_event: 'close', listener: () => void): void {
    if (this.#end === undefined) this.#closeListeners.push(listener);
    else listener();
  }

  start(sink: PushSink): void {
    const held = this.#held;
    this.#held = [];
    let wantsMore = true;
    for (const chunk of held) wantsMore = sink.write(chunk);
    if (this.#end !== undefined) this.#tell(sink, this.#end);
    else {
      this.#sink = sink;
      if (wantsMore) this.#controller?.resume();
      else this.#controller?.pause();
    }
  }

  resume(): void {
    // The connection may carry another request by now.
    if (this.#end === undefined) this.#controller?.resume();
  }

  destroy(): void {
    this.#sink = undefined;
    this.#abort(new DOMException('nobody wants the rest of the answer', 'AbortError'));
  }

  collect(maxBytes: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      this.start({
        write: (chunk) => {
          size += chunk.length;
          if (size <= maxBytes) chunks.push(chunk);
          else {
            reject(new RangeError(`the answer is larger than ${maxBytes} bytes`));
            this.destroy();
          }
          return true;
        },
        end: () => resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)),
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the connection has failed with
        fail: (error) => reject(error),
      });
    });
  }

  toResponse(): Dispatcher.ResponseData {
    const { statusCode, headers } = this;
    const body = new PushedReadable(this);
    return { statusCode, headers, body, trailers: {} } as unknown as Dispatcher.ResponseData;
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#abort(this.#signal.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection: nothing of it is sent.
    if (this.#end !== undefined) controller.abort(toError(this.#end.error));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (statusCode < 200) return;
    this.#controller = controller;
    this.statusCode = statusCode;
    this.headers = headers;
    this.#hasAnswered = true;
    this.#resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#sink !== undefined) {
      if (!this.#sink.write(chunk)) controller.pause();
      return;
    }
    if (this.#end !== undefined) return;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.#close({});
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#close({ error });
  }

  #abort(reason: unknown): void {
    if (this.#end !== undefined) return;
    const controller = this.#controller;
    this.#close({ error: reason });
    controller?.abort(toError(reason));
  }

  /** The exchange is over, one way or the other. */
  #close(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#signal.removeEventListener('abort', this);
    if (!this.#hasAnswered) this.#reject(end.error);
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink !== undefined) this.#tell(sink, end);
    for (const listener of this.#closeListeners) listener();
  }

  #tell(sink: PushSink, end: { readonly error?: unknown }): void {
    if ('error' in end) sink.fail(end.error);
    else sink.end();
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the request was aborted', { cause: reason });
}
