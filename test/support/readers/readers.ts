import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createParser } from 'eventsource-parser';
import { pythonPath } from '../python.ts';

/** An event as every reader of event streams gives it. */
export interface ReadEvent {
  readonly event: string;
  readonly data: string;
}

export interface StreamRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Reads a stream to its end. A stream that does not end properly rejects. */
export type Reader = (request: StreamRequest) => Promise<ReadEvent[]>;

const READ_MS = 20_000;
const HTTPX_READER = fileURLToPath(new URL('./httpx_reader.py', import.meta.url));

export const readWithParser: Reader = async ({ url, ...init }) => {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(READ_MS) });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const events: ReadEvent[] = [];
  const parser = toParser(events);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  return events;
};

export const readWithHttpx: Reader = async (request) =>
  JSON.parse(await runReader(pythonPath(), ['-u', HTTPX_READER], JSON.stringify(request))) as ReadEvent[];

export const readWithCurl: Reader = async ({ method, url, headers, body }) => {
  const lines = Object.entries(headers).map(
    ([name, value]) => `header = ${JSON.stringify(`${name}: ${value}`)}`,
  );
  if (body !== undefined) lines.push(`data-binary = ${JSON.stringify(body)}`);
  const args = ['-q', '-N', '-sS', '--fail', '--noproxy', '*', '-X', method, '--config', '-', url];
  const events: ReadEvent[] = [];
  toParser(events).feed(await runReader('curl', args, lines.join('\n')));
  return events;
};

function toParser(events: ReadEvent[]) {
  return createParser({
    onEvent: ({ event = 'message', data }) => events.push({ event, data }),
    onError: (error) => {
      // Which the format allows, and every reader leaves out.
      if (error.type !== 'unknown-field') throw error;
    },
  });
}

/** What a program writes, once it has ended well. Both of them end with an error when a stream breaks off. */
async function runReader(command: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: READ_MS });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${Buffer.concat(errors).toString()}`);
  return Buffer.concat(output).toString();
}
