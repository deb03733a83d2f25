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

export function say(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}
