import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { DELTAS } from '../peers/reply.ts';

const ANSWER_MS = 30_000;
const MARK = Buffer.from('text_delta"');

export interface Call {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly totalMs: number;
  /** From sending the request to the first byte of the body. */
  readonly firstEventMs: number;
  /** To the first delta of text; NaN when there is none. */
  readonly firstTextMs: number;
}

/** Connections of one measurement: its own, so that no peer is given one that another measurement left idle. */
export function createConnections(maxSockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets });
}

/** One `POST`, read to its end. Rejects when the connection breaks or nothing comes for too long. */
export function post(agent: Agent, call: Call, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = send(agent, call, body, (response) => {
      const chunks: Buffer[] = [];
      let firstEventMs = Number.NaN;
      let firstTextMs = Number.NaN;
      response.on('data', (chunk: Buffer) => {
        if (chunks.length === 0) firstEventMs = performance.now() - startedAt;
        chunks.push(chunk);
        if (Number.isNaN(firstTextMs) && chunk.includes(MARK)) firstTextMs = performance.now() - startedAt;
      });
      response.on('end', () => {
        const totalMs = performance.now() - startedAt;
        resolve({
          status: response.statusCode ?? 0,
          body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
          totalMs,
          firstEventMs,
          firstTextMs,
        });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
  });
}

type OnResponse = (response: IncomingMessage) => void;

export function send(
  agent: Agent,
  { url, headers }: Call,
  body: string,
  onResponse: OnResponse,
): ClientRequest {
  const sent = request(
    url,
    {
      agent,
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
      timeout: ANSWER_MS,
    },
    onResponse,
  );
  sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
  sent.end(body);
  return sent;
}

/** @throws when this is not a whole reply: what fails early would look fast */
export function requireReply(answer: Answer): void {
  let deltas = 0;
  for (let at = answer.body.indexOf(MARK); at !== -1; at = answer.body.indexOf(MARK, at + MARK.length))
    deltas++;
  if (answer.status === 200 && deltas === DELTAS) return;
  throw new Error(
    `not a whole reply: status ${answer.status}, ${deltas} deltas\n${answer.body.toString().slice(0, 2_000)}`,
  );
}

/** Repeats `work` on `concurrency` lanes until the time is up, and gives the seconds until the last one ended. */
export async function forSeconds(
  seconds: number,
  concurrency: number,
  work: (lane: number) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const lanes = Array.from({ length: concurrency }, async (_, lane) => {
    while (performance.now() < endsAt) await work(lane);
  });
  await Promise.all(lanes);
  return (performance.now() - startedAt) / 1000;
}
