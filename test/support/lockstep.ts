import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any machine needs for one event; an event that is held back anywhere fails by it. */
const SEEN_MS = 15_000;

/**
 * Words that wait for their reader: the next is made only after the one before has been seen at the other end. What
 * holds a word back, until there are more or until the end, holds back everything.
 */
export interface Lockstep {
  words(signal: AbortSignal): AsyncGenerator<string>;
  /** The reader has this word. */
  saw(word: string): void;
}

export function createLockstep(count: number, pauseMs: number): Lockstep {
  const seen = new Map<string, PromiseWithResolvers<void>>();
  for (let n = 0; n < count; n += 1) seen.set(`word-${n} `, Promise.withResolvers());
  return {
    async *words(signal) {
      for (const [word, { promise }] of seen) {
        await sleep(pauseMs, undefined, { signal });
        yield word;
        await waitFor(promise, word, signal);
      }
    },
    saw: (word) => seen.get(word)?.resolve(),
  };
}

async function waitFor(seen: Promise<void>, word: string, signal: AbortSignal): Promise<void> {
  const timer = new AbortController();
  const late = sleep(SEEN_MS, undefined, { signal: AbortSignal.any([timer.signal, signal]) }).then(() => {
    throw new Error(`nobody has seen ${JSON.stringify(word)}`);
  });
  try {
    await Promise.race([seen, late]);
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}

export interface LockstepService extends AsyncDisposable {
  readonly url: string;
  /** What the answers to come say. */
  use(lockstep: Lockstep): void;
}

const FRAMES: Readonly<Record<string, (word: string) => object>> = {
  '/chatkit': (delta) => ({
    type: 'thread.item.updated',
    item_id: 'msg_1',
    update: { type: 'assistant_message.content_part.text_delta', content_index: 0, delta },
  }),
  '/chat': (content) => ({ content }),
  '/events': (word) => ({ word }),
};

/** A service that streams the words in the form of its path: ChatKit, `{"content"}`, or events of its own. */
export async function startLockstepService(): Promise<LockstepService> {
  let current = createLockstep(0, 0);
  const server = createServer((request, response) => {
    request.resume();
    const toFrame = FRAMES[request.url ?? ''];
    if (toFrame === undefined) {
      response.writeHead(404).end();
      return;
    }
    play(response, current, toFrame).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    use: (lockstep) => (current = lockstep),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function play(response: ServerResponse, lockstep: Lockstep, toFrame: (word: string) => object) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.flushHeaders();
  for await (const word of lockstep.words(gone.signal)) {
    response.write(`data: ${JSON.stringify(toFrame(word))}\n\n`);
  }
  response.end();
}
