import type { BridgeEvent } from '../events.ts';

/** Reads an answer as its text arrives, cut at any place. */
export interface AnswerReader {
  /** @throws UnreadableAnswerError */
  push(text: string): BridgeEvent[];
  /** The answer is complete. @throws UnreadableAnswerError */
  end(): BridgeEvent[];
}

/** One event of a stream. */
export interface Frame {
  readonly event: string | undefined;
  readonly data: string;
}

/** What a JSON value of an answer says; may remember the values before it. */
export type ValueReader = (value: unknown) => BridgeEvent[];
/** What a frame says. */
export type FrameReader = (frame: Frame) => BridgeEvent[];

/** A frame or a line that grows beyond this is no part of a chat. */
export const MAX_FRAME_CHARS = 16 * 1024 * 1024;
