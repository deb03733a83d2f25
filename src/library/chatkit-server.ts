import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { parseOperation } from '../chat/operation.ts';
import { createChatKitServer as createCore } from '../chatkit/server.ts';
import type { OperationContext } from '../chatkit/operations/operation.ts';
import type { Transcriber } from '../chatkit/operations/transcribe.ts';
import type { TurnOperations } from '../chatkit/operations/start-turn.ts';
import type { Responder } from '../chatkit/responder.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { RunEndState } from '../observability/events.ts';
import { createLogger } from '../observability/logger.ts';
import { createRunRegistry } from '../runs/registry.ts';
import type { ChatStore } from '../store/chat-store.ts';
import { answerRequest } from './answer-request.ts';

export interface ChatKitServerOptions {
  readonly store: ChatStore;
  /** What writes replies: a responder, or only its `respond`. */
  readonly responder: Responder | Responder['respond'];
  /** Warnings and errors go to the standard output as JSON unless it is given. */
  readonly logger?: Logger;
  /** @throws GatewayError when the user chose a model or a tool that is not on offer. Every choice is taken without it. */
  readonly checkChoice?: TurnOperations['checkChoice'];
  /** Turns recordings into text; `input.transcribe` is refused without it. Recordings want a larger `maxBodyBytes`. */
  readonly transcriber?: Transcriber;
  /** Most time between two savings of a growing reply; 500. */
  readonly checkpointMs?: number;
  /** How long a tool of the page may take; its answer is refused after that. An hour. */
  readonly clientToolTimeoutMs?: number;
  /** Largest request body that `respond` reads; 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Silence on a stream of `respond` after which a comment line is sent; 15,000. */
  readonly heartbeatMs?: number;
  /** Told when a reply has ended, for metrics. */
  readonly onRunEnded?: (run: { readonly state: RunEndState; readonly seconds: number }) => void;
}

/** Who asks. The caller of the server has signed the user in; it is never read from the request. */
export interface Caller {
  /** The owner of threads, as every method of the store gets it. Stable, and of this user only. */
  readonly userId: string;
  readonly tenant?: string;
  /** What the responder may read of the user. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** For a service that the responder asks in the name of the user. */
  readonly accessToken?: string;
  /** `Accept-Language` of the user. */
  readonly locale?: string;
  /** In the log of everything that this request causes; random unless it is given. */
  readonly requestId?: string;
  /** W3C trace context, to be passed on. */
  readonly trace?: Readonly<Record<string, string>>;
}

export type ChatKitAnswer =
  | { readonly kind: 'json'; readonly requestId: string; readonly body: object }
  | {
      readonly kind: 'stream';
      readonly requestId: string;
      readonly runId: string;
      /** Whole frames of server-sent events, to be read once and to the end. Leaving the loop stops the reply. */
      readonly frames: AsyncIterable<string>;
      /** Stops the reply; what was written of it is kept. To be called when nobody reads the frames. */
      stop(): void;
    };

export interface ChatKitServer extends AsyncDisposable {
  /**
   * Answers one request of the ChatKit protocol: its bytes, its text, or the parsed object.
   * @param options.signal aborted when the caller has gone, which stops the reply
   * @throws GatewayError with a status before anything is streamed; later errors are frames of the stream
   */
  handle(
    request: Uint8Array | string | object,
    caller: Caller,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ChatKitAnswer>;
  /**
   * The whole of an HTTP endpoint: errors become problem answers, and a reader that leaves stops the reply.
   * @param caller nothing when nobody is signed in: 401
   */
  respond(request: Request, caller: Caller | undefined): Promise<Response>;
  /** Refuses new replies and lets running ones finish within `drainMs`; 10,000 unless it is given. The store stays open. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const ISSUER = 'application';
const MAX_USER_ID_CHARS = 512;

/** The ChatKit protocol over a store and a responder, without HTTP and without a framework. */
export function createChatKitServer(options: ChatKitServerOptions): ChatKitServer {
  const { store, responder, onRunEnded } = options;
  const logger = options.logger ?? createLogger({ level: 'warn', format: 'json' });
  const runs = createRunRegistry();
  const core = createCore({
    store,
    responder: typeof responder === 'function' ? { respond: responder } : responder,
    runs,
    events: {
      runStarted: () => undefined,
      runEnded(runLogger, state, seconds) {
        try {
          onRunEnded?.({ state, seconds });
        } catch (error) {
          runLogger.error({ err: error }, 'what is told of the end of a reply failed');
        }
      },
    },
    checkChoice: options.checkChoice ?? (() => undefined),
    checkpointMs: options.checkpointMs ?? 500,
    clientToolTimeoutMs: options.clientToolTimeoutMs ?? 3_600_000,
    transcriber: options.transcriber,
  });

  const handle: ChatKitServer['handle'] = async (request, caller, { signal = NEVER } = {}) => {
    const context = toContext(caller, logger, signal);
    const { requestId } = context;
    const operation = parseOperation(toBytes(request));
    if (operation.request === undefined) {
      throw new GatewayError('unknown-operation', {
        detail: `There is no operation ${JSON.stringify(operation.type.slice(0, 100))}.`,
      });
    }
    const answer = await core.handle(operation.request, context);
    if (answer.kind === 'json') return { kind: 'json', requestId, body: answer.body };
    const { run } = answer;
    const stop = () => run.stop('viewer-left');
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    void run.finished.then(() => signal.removeEventListener('abort', stop));
    return { kind: 'stream', requestId, runId: run.id, frames: run.frames(), stop };
  };

  const { maxBodyBytes = 1_048_576, heartbeatMs = 15_000 } = options;
  const close: ChatKitServer['close'] = ({ drainMs = 10_000 } = {}) => runs.drain(drainMs);
  return {
    handle,
    respond: (request, caller) =>
      answerRequest({ handle, logger, maxBodyBytes, heartbeatMs }, request, caller),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

const NEVER = new AbortController().signal;

function toContext(caller: Caller, root: Logger, signal: AbortSignal): OperationContext {
  const { userId, tenant, claims = {}, requestId = randomBytes(16).toString('hex') } = caller;
  // A user without an id would share everything with the next one without.
  if (typeof userId !== 'string' || userId === '' || userId.length > MAX_USER_ID_CHARS) {
    throw new GatewayError('internal', { cause: new TypeError('the caller has no usable userId') });
  }
  return {
    requestId,
    principal: {
      issuer: ISSUER,
      subject: userId,
      ...(tenant === undefined ? {} : { tenant }),
      scopes: ['chat'],
      claims,
      userKey: userId,
    },
    accessToken: caller.accessToken ?? '',
    trace: caller.trace ?? {},
    locale: caller.locale ?? '',
    logger: root.child({ requestId, userId }),
    audience: 'client',
    // Only addresses of files begin with it, and this server keeps none.
    origin: '',
    signal,
  };
}

function toBytes(request: Uint8Array | string | object): Uint8Array {
  if (request instanceof Uint8Array) return request;
  return Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
}
