/** A frame that grows beyond this is no event of a chat. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a byte stream after complete SSE frames, so that a stream that breaks off can be ended with an event of our own
 * and no half frame before it. The bytes themselves are not changed.
 */
export interface FrameSplitter {
  /**
   * The bytes up to the end of the last complete frame, possibly none.
   * @throws RangeError when a frame exceeds 16 MiB
   */
  push(chunk: Uint8Array): Uint8Array;
  /** What is left after the last complete frame. */
  rest(): Uint8Array;
}

export function createFrameSplitter(maxFrameBytes: number = MAX_FRAME_BYTES): FrameSplitter {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  // A frame ends with an empty line; lines end with LF, CR or CRLF.
  let lineIsEmpty = false;
  let afterCr = false;

  return {
    push(chunk) {
      const end = findLastFrameEnd(chunk);
      if (end === 0) {
        hold(chunk);
        return new Uint8Array(0);
      }
      const whole = end === chunk.length ? chunk : chunk.subarray(0, end);
      const complete = held.length === 0 ? whole : Buffer.concat([...held, whole]);
      held = [];
      heldBytes = 0;
      hold(chunk.subarray(end));
      return complete;
    },
    rest: () => Buffer.concat(held),
  };

  function hold(bytes: Uint8Array) {
    if (bytes.length === 0) return;
    heldBytes += bytes.length;
    if (heldBytes > maxFrameBytes) throw new RangeError(`an SSE frame is larger than ${maxFrameBytes} bytes`);
    held.push(bytes);
  }

  function findLastFrameEnd(chunk: Uint8Array): number {
    let end = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (byte === LF && afterCr) {
        afterCr = false;
        // The second half of a CRLF belongs to the frame that its CR has ended.
        if (end === index && index > 0) end = index + 1;
      } else if (byte === LF || byte === CR) {
        if (lineIsEmpty) end = index + 1;
        lineIsEmpty = true;
        afterCr = byte === CR;
      } else {
        lineIsEmpty = false;
        afterCr = false;
      }
    }
    return end;
  }
}
