import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_BYTES = 1_048_576;

/**
 * Every piece that comes from a socket is a buffer of its own. V8 lets tens of megabytes of them wait, and hundreds when
 * the machine is busy, before it frees any: they lie outside of the heap whose growth it watches. So the collection of
 * what is young, which takes about a millisecond, is asked for as often as an upload makes it worth.
 */
export function createReclaimer(): { count(bytes: number): void } {
  let collect: ((options: { readonly type: 'minor' }) => void) | undefined;
  let bytesSince = 0;
  return {
    count(bytes) {
      bytesSince += bytes;
      if (bytesSince < EVERY_BYTES) return;
      bytesSince = 0;
      collect ??= exposeCollection();
      collect({ type: 'minor' });
    },
  };
}

/** The way to it without a flag on the command line, which a library cannot ask for. */
function exposeCollection(): (options: { readonly type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
}
