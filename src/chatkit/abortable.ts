/**
 * Reads an iterable until it ends or the signal aborts, whichever comes first. A source that ignores the signal is
 * left behind, not waited for; how it ends then is told to `onLateError`.
 * @throws whatever the source throws before the abort
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
  onLateError: (error: unknown) => void,
): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (!signal.aborted) {
      const result = await nextOrAborted(iterator, signal, onLateError);
      if (result === undefined) return;
      if (result.done === true) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    // Not awaited: a generator that is stuck in an await would hold us as long.
    if (!ended) iterator.return?.().catch(onLateError);
  }
}

function nextOrAborted<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
  onLateError: (error: unknown) => void,
): Promise<IteratorResult<T> | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    iterator.next().then(
      (result) => {
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) onLateError(error);
        else reject(error instanceof Error ? error : new Error(String(error), { cause: error }));
      },
    );
  });
}
