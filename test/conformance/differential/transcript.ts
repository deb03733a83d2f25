import type { OperationType } from '../../../src/chatkit/protocol/requests.ts';
import type { Program } from '../../support/programs.ts';

export interface Request {
  readonly type: OperationType;
  readonly params: unknown;
}

/** One thing that the client does. */
export interface Move {
  /** Names such as `thread#0` and `item#1` stand for the first thread and the second item of the transcript. */
  readonly send: Request;
  /** What the responder, the action or what is told of feedback does for it. */
  readonly program?: Program;
  /** The client closes the stream when it has read so many frames. */
  readonly stopAfter?: number;
  /** What it does when it has read so many frames of this stream; then it sends the signal `on`. */
  readonly during?: { readonly after: number; readonly moves: readonly Move[] };
}

export interface Scenario {
  readonly name: string;
  /** A user of its own, for what depends on everything that a user has. */
  readonly ownUser?: boolean;
  /** A store of the reference that never gives up control, where one that does breaks it. */
  readonly store?: 'immediate';
  readonly moves: readonly Move[];
}

/** What one move brought, with ids and times made comparable. */
export interface Exchange {
  readonly request: Request;
  readonly status: number;
  readonly contentType: string;
  /** The events of a stream. */
  readonly frames?: readonly any[];
  /** The answer of any other operation. */
  readonly json?: any;
  /** Why there is no answer: the code of a problem, or the exception of the reference. */
  readonly failure?: string;
}

/** Of ids: what chatkit-python and the gateway make, not what a program names. */
const MADE_ID = /\b([a-z]+)_(?:[0-9a-f]{32}|[0-9a-f]{8})\b/g;
const NAME = /\b(?:thread|item)#\d+/g;

/** Replaces made ids by names in the order of their first appearance. */
export interface Names {
  toNames<T>(value: T): T;
  /** A name that stands for nothing yet is left as it is: an id that does not exist. */
  toIds<T>(value: T): T;
  readonly threads: readonly string[];
}

export function createNames(): Names {
  const names = new Map<string, string>();
  const ids = new Map<string, string>();
  const threads: string[] = [];

  const nameOf = (id: string, prefix: string) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const isThread = prefix === 'thr';
    const name = isThread ? `thread#${threads.length}` : `item#${names.size - threads.length}`;
    if (isThread) threads.push(name);
    names.set(id, name);
    ids.set(name, id);
    return name;
  };
  const replace = <T>(value: T, change: (text: string) => string): T =>
    JSON.parse(change(JSON.stringify(value))) as T;
  return {
    threads,
    toNames: (value) => replace(withoutTimes(value), (text) => text.replaceAll(MADE_ID, nameOf)),
    toIds: (value) => replace(value, (text) => text.replaceAll(NAME, (name) => ids.get(name) ?? name)),
  };
}

/** A time becomes a word that tells whether it has an offset. */
function withoutTimes<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, each: unknown) => {
    if (key !== 'created_at' || typeof each !== 'string' || Number.isNaN(Date.parse(each))) return each;
    return /(?:Z|[+-]\d\d:\d\d)$/.test(each) ? 'now' : 'now, somewhere';
  }) as T;
}
