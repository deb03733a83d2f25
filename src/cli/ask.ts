import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { promptHidden } from './password.ts';
import { CliError, EXIT_USAGE, type Terminal } from './terminal.ts';

const MAX_INPUT_BYTES = 65_536;
const WAIT_MS = 30_000;

/** Asks a person, or takes what was piped in, line by line in the order of the questions. */
export interface Asker {
  readonly isInteractive: boolean;
  /** What is typed is shown. Empty where nothing was piped in. */
  line(question: string): Promise<string>;
  /** What is typed is not shown. Never from an argument, which every user of the machine can see. */
  hidden(question: string): Promise<string>;
}

export function createAsker(terminal: Terminal): Asker {
  const { stdin, stderr } = terminal;
  if (isTerminal(stdin)) {
    return {
      isInteractive: true,
      hidden: (question) => promptHidden(stdin, stderr, question),
      async line(question) {
        const reader = createInterface({ input: stdin, output: stderr });
        try {
          return (await reader.question(question)).trim();
        } finally {
          reader.close();
        }
      },
    };
  }
  let lines: Promise<string[]> | undefined;
  const next = async () => {
    lines ??= readLines(stdin);
    return (await lines).shift() ?? '';
  };
  return { isInteractive: false, line: next, hidden: next };
}

function isTerminal(stream: Readable | ReadStream): stream is ReadStream {
  return 'isTTY' in stream && stream.isTTY;
}

async function readLines(stdin: Readable): Promise<string[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => stdin.destroy(new Error('standard input stays open')), WAIT_MS);
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array | string);
      chunks.push(bytes);
      size += bytes.length;
      if (size > MAX_INPUT_BYTES) throw new CliError('standard input is too long', EXIT_USAGE);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      'standard input stays open and nothing comes: pipe in what is asked for, or </dev/null',
      EXIT_USAGE,
      error,
    );
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
}
