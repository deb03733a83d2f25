import { formatPath } from '../config/keys.ts';
import { ConfigError } from '../config/problem.ts';

/** One thing that keeps a gateway from being made. */
export interface CreateProblem {
  /** `gateway.yaml:3:7`, the name of an environment variable, or an empty string. */
  readonly where: string;
  /** The key of the configuration, such as `server.publicUrl`; empty where none is to blame. */
  readonly path: string;
  /** Never holds the value of a secret. */
  readonly message: string;
}

/** The gateway could not be made. It holds everything that is wrong, and nothing stays open. */
export class CreateGatewayError extends Error {
  readonly problems: readonly CreateProblem[];

  constructor(message: string, options: { problems: readonly CreateProblem[]; cause: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'CreateGatewayError';
    this.problems = options.problems;
  }
}

export function toCreateError(error: unknown): CreateGatewayError {
  if (error instanceof CreateGatewayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const problems =
    error instanceof ConfigError
      ? error.problems.map((each) => ({
          where: each.where,
          path: formatPath(each.path),
          message: each.message,
        }))
      : [{ where: '', path: '', message }];
  return new CreateGatewayError(message, { problems, cause: error });
}
