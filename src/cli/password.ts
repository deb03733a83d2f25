import type { Readable, Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { CliError, EXIT_FAILURE, EXIT_USAGE, type Terminal } from './terminal.ts';

const MAX_INPUT_BYTES = 4096;

/**
 * A password from a hidden prompt, typed twice, or from the first line of a pipe. Never from an argument,
 * because every user of the machine can see those.
 */
export async function readPassword(terminal: Terminal): Promise<string> {
  if (!isTerminal(terminal.stdin)) return readPiped(terminal.stdin);
  const first = await promptHidden(terminal.stdin, terminal.stderr, 'Password: ');
  const second = await promptHidden(terminal.stdin, terminal.stderr, 'Once more: ');
  if (first !== second) throw new CliError('the two passwords differ; nothing was changed', EXIT_FAILURE);
  return first;
}

function isTerminal(stream: Readable | ReadStream): stream is ReadStream {
  return 'isTTY' in stream && stream.isTTY;
}

async function readPiped(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    chunks.push(bytes);
    size += bytes.length;
    if (size > MAX_INPUT_BYTES) throw new CliError('the password on standard input is too long', EXIT_USAGE);
    if (bytes.includes(10)) break;
  }
  const [line = '', ...rest] = Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
  if (rest.some((each) => each !== '')) {
    throw new CliError('standard input must hold the password on one line and nothing else', EXIT_USAGE);
  }
  if (line === '') {
    throw new CliError(
      'no password came on standard input: pipe it in, or run this on a terminal',
      EXIT_USAGE,
    );
  }
  return line;
}

/** Asks on a terminal without showing what is typed. */
export async function promptHidden(stdin: ReadStream, output: Writable, question: string): Promise<string> {
  // Before the question, or what is typed at once would be echoed.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  output.write(question);
  try {
    return await readHiddenLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    output.write('\n');
  }
}

async function readHiddenLine(stdin: ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let line: string[] = [];
  const onData = (text: string) => {
    for (const character of text) {
      if (character === '\r' || character === '\n') resolve(line.join(''));
      else if (character === '\u0003') reject(new CliError('stopped; nothing was changed', 130));
      else if (character === '\u0004') reject(new CliError('no password was typed', EXIT_USAGE));
      else if (character === '\u007f' || character === '\b') line.pop();
      // Ctrl-U clears the line, as a terminal does.
      else if (character === '\u0015') line = [];
      else if (line.length < MAX_INPUT_BYTES) line.push(character);
    }
  };
  const onEnd = () => {
    reject(new CliError('no password was typed', EXIT_USAGE));
  };
  stdin.on('data', onData).once('end', onEnd).resume();
  try {
    return await promise;
  } finally {
    stdin.off('data', onData).off('end', onEnd);
  }
}
