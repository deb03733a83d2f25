import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import type { ServiceAnswer } from '../chatkit/responder.ts';
import type { ChatKitRequest } from '../chatkit/protocol/requests.ts';
import type { Audience } from '../chatkit/thread-view.ts';
import type { RunEvent } from '../runs/run.ts';

/** One ChatKit request: its bytes as they came, and what they say. */
export interface Operation {
  /** The ChatKit request type, or the literal type of a request that this gateway does not know. */
  readonly type: string;
  /** Absent for a type that is unknown here; a forwarding backend passes it on untouched. */
  readonly request: ChatKitRequest | undefined;
  readonly bytes: Uint8Array;
  /** For whom the answer is made. */
  readonly audience: Audience;
}

/** The facts of a request that travel with it through every layer. */
export interface ChatContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** The verified access token, for an upstream that is configured to receive it. */
  readonly accessToken: string;
  /** `Accept-Language` as sent, or an empty string. */
  readonly locale: string;
  /** W3C trace context of the caller, to be passed on. */
  readonly trace: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** The address of the gateway as the caller uses it, without a slash at the end. */
  readonly origin: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A stream that is being produced. Exactly one of its two readings is used, once; leaving the loop ends the reading. */
export interface BackendStream {
  readonly runId: string;
  /** What the service behind the gateway answered, where one is asked. Resolves when the run has ended at the latest. */
  readonly answer?: Promise<ServiceAnswer | undefined>;
  /** The frames of the ChatKit stream as bytes, cut at any place. */
  chunks(): AsyncIterable<Uint8Array | string>;
  /** The same stream decoded, with the hidden items that only the gateway reads. */
  events(): AsyncIterable<RunEvent>;
}

export type BackendReply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: Uint8Array | object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'stream'; readonly stream: BackendStream };

/** What answers operations. */
export interface ChatBackend {
  readonly name: 'agent' | 'forward' | 'bridge';
  /** @throws GatewayError before the first byte; after it, an error is an event of the stream */
  handle(operation: Operation, context: ChatContext): Promise<BackendReply>;
}
