import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import { renderProblem } from './problem.ts';
import { factsOf, type ContextOpener } from './request-context.ts';
import { findRepeatedHeader } from './security.ts';
import type { Step } from './step.ts';

export interface DirectOptions {
  /** The whole target of the requests, and their name in metrics and logs. */
  readonly path: string;
  readonly bodyLimitBytes: number;
  readonly open: ContextOpener;
  /** What a request passes before its body is read, in order. */
  readonly steps: readonly Step[];
  readonly answer: (req: IncomingMessage, res: ServerResponse, body: Uint8Array) => Promise<void>;
  /** Takes every request that is not of the plainest form, with all that may be wrong with it. */
  readonly otherwise: RequestListener;
}

const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
/** Fields of a header that change how a body is read. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'upgrade', 'trailer'] as const;

/**
 * Answers the plain JSON posts of one path without the router of Express, which costs more than the rest of such a
 * request. Only what needs no judgement comes this way: one path, one method, a JSON body of a known and allowed length.
 */
export function createDirectPost(options: DirectOptions): RequestListener {
  return (req, res) => {
    if (isPlainPost(req, options)) void pass(req, res, options);
    else options.otherwise(req, res);
  };
}

function isPlainPost(req: IncomingMessage, { path, bodyLimitBytes }: DirectOptions): boolean {
  const { method, url, headers } = req;
  if (method !== 'POST' || url !== path) return false;
  const { 'content-length': length = '', 'content-type': type = '' } = headers;
  if (!/^\d{1,15}$/.test(length) || Number(length) > bodyLimitBytes || !JSON_TYPE.test(type)) return false;
  return UNUSUAL.every((name) => headers[name] === undefined) && findRepeatedHeader(req) === undefined;
}

async function pass(req: IncomingMessage, res: ServerResponse, options: DirectOptions): Promise<void> {
  options.open(req, res, { holdHeaders: true });
  factsOf(res)['route'] = options.path;
  try {
    for (const step of options.steps) {
      const passing = step(req, res);
      if (passing !== undefined) await passing;
    }
    await options.answer(req, res, await readBody(req, res, { limitBytes: options.bodyLimitBytes }));
  } catch (error) {
    renderProblem(res, error);
  }
}
