import type { ServerResponse } from 'node:http';
import { requestContext } from './request-context.ts';

/** Names and values in turn. */
export type HeaderPairs = readonly string[];

/** Adds to the header of an answer that has not begun; a name that is there already gets one line more. */
export function addHeaders(res: ServerResponse, pairs: HeaderPairs): void {
  const { waitingHeaders } = requestContext(res);
  if (waitingHeaders !== undefined) waitingHeaders.push(...pairs);
  else for (const [name, value] of inTwos(pairs)) res.appendHeader(name, value);
}

/** Writes the status line and the whole header. */
export function writeHead(res: ServerResponse, status: number, pairs: HeaderPairs): void {
  const { waitingHeaders } = requestContext(res);
  if (waitingHeaders === undefined) {
    for (const [name, value] of inTwos(pairs)) res.setHeader(name, value);
    res.writeHead(status);
    return;
  }
  const whole = [...waitingHeaders, ...pairs];
  if (res.getHeaderNames().length === 0) {
    res.writeHead(status, whole);
    return;
  }
  // Node would keep one line of each name of an array beside headers that were set before.
  for (const [name, value] of inTwos(whole)) res.appendHeader(name, value);
  res.writeHead(status);
}

export function toPairs(headers: Readonly<Record<string, string>>): HeaderPairs {
  return Object.entries(headers).flat();
}

function* inTwos(pairs: HeaderPairs): Generator<[string, string]> {
  for (let at = 0; at + 1 < pairs.length; at += 2) yield [pairs[at] ?? '', pairs[at + 1] ?? ''];
}
