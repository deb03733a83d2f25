import { once } from 'node:events';
import { Router, type Request, type RequestHandler } from 'express';
import { requestContext } from './request-context.ts';
import { readJsonBytes } from './body.ts';
import { timeForBody, watchBody } from './body-time.ts';

export interface LargerBodies {
  readonly limitBytes: number;
  /** Looks at how a body begins. It can be wrong: whoever reads the body checks again with `isLargeBody`. */
  readonly isFor: (beginning: string) => boolean;
}

/** Enough to see the first keys of a JSON object. */
const BEGINNING_BYTES = 512;

/**
 * As `readJsonBytes`, with a larger limit for bodies that begin in a certain way, so that one operation can take more
 * than all the others that come to the same address.
 */
export function readJsonBytesBySize(options: {
  readonly limitBytes: number;
  readonly larger: LargerBodies | undefined;
}): readonly RequestHandler[] {
  const { limitBytes, larger } = options;
  const usual = readJsonBytes({ limitBytes });
  if (larger === undefined || larger.limitBytes <= limitBytes) return usual;
  const readUsual = Router().use(...usual);
  const readLarge = Router().use(...readJsonBytes({ limitBytes: larger.limitBytes, isKept: true }));
  return [
    async (req, res, next) => {
      const length = Number(req.get('content-length') ?? 0);
      const mayBeLarge = length > limitBytes && length <= larger.limitBytes;
      const isLarge = mayBeLarge && larger.isFor(await peek(req, requestContext(res).signal));
      res.locals['largeBody'] = isLarge;
      (isLarge ? readLarge : readUsual)(req, res, next);
    },
  ];
}

/** Whether the larger limit was used for the body of this request. */
export function isLargeBody(locals: Readonly<Record<string, unknown>>): boolean {
  return locals['largeBody'] === true;
}

/** How the body begins, which stays to be read. Nothing when it has ended before. */
async function peek(req: Request, signal: AbortSignal): Promise<string> {
  if (req.readableLength === 0 && !req.readableEnded) {
    const slow = new AbortController();
    const stopWatch = watchBody(req, { deadlineMs: timeForBody(0) }, (error) => slow.abort(error));
    try {
      await once(req, 'readable', { signal: AbortSignal.any([signal, slow.signal]) });
    } catch (error) {
      throw slow.signal.aborted ? slow.signal.reason : error;
    } finally {
      stopWatch();
    }
  }
  const chunk = req.read() as Buffer | null;
  if (chunk === null) return '';
  req.unshift(chunk);
  return chunk.toString('latin1', 0, BEGINNING_BYTES);
}
