import type { LoadedConfig } from '../../config/load.ts';
import type { Config, UpstreamConfig } from '../../config/schema.ts';
import type { Answer, Probe } from '../../probe/http.ts';

export interface Result {
  /** Stable, such as `service-streaming`. */
  readonly id: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** What was seen, or why nothing was looked at. */
  readonly seen: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** A message that was sent to see how the answer comes, or why none was. */
export type Turn =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly conversationId: string | number | undefined;
    }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'skipped'; readonly why: string };

/** The service that answers in the chat. */
export interface ChatService {
  readonly name: string;
  readonly config: UpstreamConfig;
  readonly url: string;
}

export interface Examination {
  /** Absent where the configuration is not valid. */
  readonly loaded: LoadedConfig | undefined;
  readonly config: Config | undefined;
  /** Problems of the configuration, one line each. */
  readonly problems: readonly string[];
  /** Base address of the gateway as browsers see it; absent where none was named and none runs here. */
  readonly gatewayUrl: string | undefined;
  /** Given by the caller, without `Bearer`. */
  readonly token: string | undefined;
  /** As the caller gave it. */
  readonly givenToken: string | undefined;
  readonly page: string | undefined;
  readonly idleMs: number | undefined;
  readonly probe: Probe;
  /** The probe that trusts the authority of an upstream. */
  probeOf(upstream: string): Probe;
  readonly service: ChatService | undefined;
  /** Sends the message to the service, once for all checks. */
  serviceTurn(): Promise<Turn>;
  /** Begins another reply of the service and leaves it after its first pieces. */
  abandonServiceTurn(): Promise<Turn>;
  /** Sends the message through the gateway, once for all checks. */
  gatewayTurn(): Promise<Turn>;
  /** A second message in the conversation of the first. */
  continueGatewayTurn(conversationId: string | number): Promise<Turn>;
}

export interface Check {
  readonly id: string;
  run(examination: Examination): Promise<readonly Omit<Result, 'id'>[]>;
}

export const ok = (seen: string) => ({ status: 'ok', seen }) as const;
export const skipped = (seen: string) => ({ status: 'skipped', seen }) as const;
export const warn = (seen: string, advice: string) => ({ status: 'warn', seen, advice }) as const;
export const fail = (seen: string, advice: string) => ({ status: 'fail', seen, advice }) as const;

export const NO_CONFIG = 'the configuration is not valid';
export const NO_GATEWAY = 'no gateway answers; start it, or name it with --url';
