import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { ThreadWork } from '../../chatkit/responder.ts';

/** What writing to a reply needs of the work that it belongs to. */
export type ReplyWork = Pick<ThreadWork, 'thread' | 'newItem' | 'logger' | 'signal'>;

/**
 * A part of a reply that has not been written yet. `yield*` writes it from a generator, `await` from anywhere else;
 * both give what was made. Nothing happens to a piece that is neither yielded nor awaited.
 */
export interface Piece<T> extends PromiseLike<T>, AsyncIterable<ResponderEvent, T, void> {}

/**
 * @param send resolves when there is room for more
 * @param onUse told when the piece is yielded or awaited for the first time
 */
export function createPiece<T>(
  write: () => AsyncGenerator<ResponderEvent, T, void>,
  send: (event: ResponderEvent) => Promise<void>,
  onUse: () => void = () => undefined,
): Piece<T> {
  let sent: Promise<T> | undefined;
  async function sendAll(): Promise<T> {
    const events = write();
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value;
      try {
        await send(next.value);
      } catch (error) {
        await events.return(undefined as T);
        throw error;
      }
    }
  }
  return {
    [Symbol.asyncIterator]() {
      onUse();
      return write();
    },
    // oxlint-disable-next-line unicorn/no-thenable -- a piece is awaited where it cannot be yielded
    then(onFulfilled, onRejected) {
      onUse();
      sent ??= sendAll();
      return sent.then(onFulfilled, onRejected);
    },
  };
}
