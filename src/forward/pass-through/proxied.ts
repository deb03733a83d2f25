import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errors } from 'undici';
import { GatewayError } from '../../errors/gateway-error.ts';

/**
 * What the proxy takes for the request: the header that the service shall get, and the body as it arrives. The body is
 * counted on its way and never held.
 */
export class ProxiedRequest extends Transform {
  readonly method: string;
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  /** The proxy asks of the client's connection only whether it is there; the gateway watches that by itself. */
  readonly socket = { writable: true };
  /** When the body last moved, as of `performance.now()`. */
  movedAt = performance.now();
  #bytes = 0;
  readonly #limitBytes: number;
  readonly #onTooLarge: () => void;

  constructor(options: {
    readonly method: string;
    readonly url: string;
    readonly headers: OutgoingHttpHeaders;
    readonly limitBytes: number;
    readonly onTooLarge: () => void;
  }) {
    super();
    this.method = options.method;
    this.url = options.url;
    this.headers = options.headers;
    this.#limitBytes = options.limitBytes;
    this.#onTooLarge = options.onTooLarge;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    this.movedAt = performance.now();
    // The callback is not called: nothing more goes to the service.
    if (this.#bytes > this.#limitBytes) this.#onTooLarge();
    else done(null, chunk);
  }
}

export interface ProxiedTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
}

/**
 * What the proxy takes for the response. It may learn from it that the exchange is over; what reaches the client is
 * written elsewhere.
 */
export class ProxiedResponse extends EventEmitter {
  readonly finished = false;
  readonly headersSent = false;
  destroyed = false;
  writableFinished = false;
  readonly #answer = Promise.withResolvers<IncomingMessage>();
  readonly #request: ProxiedRequest;
  readonly #body: IncomingMessage;
  readonly #timeouts: ProxiedTimeouts;
  #timer: NodeJS.Timeout | undefined;

  /** @param body what the request's body is read from, as soon as there is a connection */
  constructor(request: ProxiedRequest, body: IncomingMessage, timeouts: ProxiedTimeouts) {
    super();
    this.#request = request;
    this.#body = body;
    this.#timeouts = timeouts;
  }

  /** The response of the service, once its header is there. */
  get answer(): Promise<IncomingMessage> {
    return this.#answer.promise;
  }

  /** A connection was chosen or begun. Until it stands, nothing of the body is taken, so that another can be tried. */
  sending(outgoing: ClientRequest): void {
    if (this.destroyed) {
      outgoing.destroy();
      return;
    }
    const { socket } = outgoing;
    if (socket === null || !socket.connecting) {
      this.#connected(outgoing);
      return;
    }
    const { connectMs } = this.#timeouts;
    this.#timer = setTimeout(() => outgoing.destroy(new errors.ConnectTimeoutError()), connectMs);
    const isTls = (socket as Partial<TLSSocket>).encrypted === true;
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#connected(outgoing));
  }

  #connected(outgoing: ClientRequest): void {
    clearTimeout(this.#timer);
    if (this.destroyed) return;
    this.#body.pipe(this.#request);
    this.#awaitAnswer(outgoing, this.#timeouts.firstByteMs);
  }

  /** The time for the first byte begins when the last byte of the body that the client had to give was given. */
  #awaitAnswer(outgoing: ClientRequest, ms: number): void {
    const { firstByteMs } = this.#timeouts;
    this.#timer = setTimeout(() => {
      const isClientSlow = !outgoing.writableEnded && !outgoing.writableNeedDrain;
      const quietMs = isClientSlow ? 0 : performance.now() - this.#request.movedAt;
      if (quietMs >= firstByteMs - 1) outgoing.destroy(new errors.HeadersTimeoutError());
      else this.#awaitAnswer(outgoing, firstByteMs - quietMs);
    }, ms);
  }

  answered(response: IncomingMessage): void {
    clearTimeout(this.#timer);
    if (this.destroyed) response.destroy();
    else this.#answer.resolve(response);
  }

  /** After the answer a failure shows at the response itself. */
  fail(error: unknown): void {
    this.#answer.reject(error);
    this.end();
  }

  /** Ends the request to the service, in whatever phase it is. */
  abort(reason: unknown): void {
    this.#answer.reject(reason);
    this.end();
  }

  /** The exchange is over. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.destroyed) return;
    this.destroyed = true;
    this.#body.unpipe(this.#request);
    this.emit('close');
    this.#request.destroy();
  }

  /** The proxy thinks that it may end the client's response. */
  destroy(): this {
    return this;
  }
}

export const tooLarge = (limitBytes: number): GatewayError =>
  new GatewayError('body-too-large', {
    detail: `The largest body here is ${limitBytes} bytes.`,
    // The rest of the body is not read, so the connection cannot be used again.
    headers: { Connection: 'close' },
  });
