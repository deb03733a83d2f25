import type { Readable, Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';

/** What the command line reads from and writes to; a test passes its own. */
export interface Terminal {
  readonly stdin: Readable | ReadStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;

/** Ends the program with one message for the operator. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** What a terminal obeys or hides instead of showing it: controls, marks of direction, separators of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const UNSEEN_OR_COLOUR = /\p{Cc}\[\d{1,2}m|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const MAX_LINE_CHARS = 1_000;

/** Text of somebody else, such as a service, made fit to be shown: one line of bounded length that only shows. */
export function toLine(text: string, maxChars = MAX_LINE_CHARS): string {
  // Cut first, so that a text of any length costs little.
  const line = text
    .slice(0, maxChars * 2)
    .replaceAll(UNSEEN, ' ')
    .trim();
  return line.length < maxChars ? line : `${line.slice(0, maxChars - 1)}…`;
}

/** Writes lines. Nothing but line ends and colours reaches the terminal as a command. */
export function say(stream: Writable, text: string): void {
  const shown = text.replaceAll(UNSEEN_OR_COLOUR, (found) => (found.startsWith('\u001b[') ? found : ''));
  stream.write(`${shown}\n`);
}
