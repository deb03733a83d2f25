import { CATALOGUE, type ErrorCode } from './catalogue.ts';

/** One thing that is wrong with an input, at a JSON pointer such as `/params/input/content/0/text`. */
export interface InputProblem {
  readonly pointer: string;
  readonly detail: string;
}

export interface GatewayErrorOptions {
  /** The status of somebody else's refusal that is passed on, instead of the catalogue's. */
  readonly status?: number;
  /** For the caller. */
  readonly detail?: string;
  /** For the log. Never shown. */
  readonly cause?: unknown;
  /** Response headers such as `Retry-After` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly problems?: readonly InputProblem[];
}

/** The only error that the gateway's own code throws on purpose. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly problems: readonly InputProblem[];

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    const entry = CATALOGUE[code];
    super(options.detail ?? entry.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = options.status ?? entry.status;
    this.title = entry.title;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    this.problems = options.problems ?? [];
  }
}
