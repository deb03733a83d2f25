import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** One step of the pipeline that needs nothing of Express. Refuses a request by throwing. */
export type Step = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

/** The same step in the pipeline of Express. */
export function toMiddleware(step: Step): RequestHandler {
  return async (req, res, next) => {
    await step(req, res);
    next();
  };
}
