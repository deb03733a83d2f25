import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowModel extends AsyncDisposable {
  /** For `agent.baseUrl`. */
  readonly url: string;
  /** Completions that were given up by the gateway. */
  readonly aborted: number;
}

/** A chat-completions server that writes numbered words, one every `pauseMs`: `word-0 word-1 …`. */
export async function startSlowModel(options: { words: number; pauseMs: number }): Promise<SlowModel> {
  let aborted = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.on('close', () => (aborted += response.writableFinished ? 0 : 1));
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const send = (delta: object, finish: string | null = null) =>
      response.write(
        `data: ${JSON.stringify({
          id: 'c',
          object: 'chat.completion.chunk',
          created: 1,
          model: 'slow',
          choices: [{ index: 0, delta, finish_reason: finish }],
        })}\n\n`,
      );
    void (async () => {
      send({ role: 'assistant', content: '' });
      for (let index = 0; index < options.words && !response.destroyed; index += 1) {
        await sleep(options.pauseMs);
        send({ content: `word-${index} ` });
      }
      send({}, 'stop');
      response.end('data: [DONE]\n\n');
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get aborted() {
      return aborted;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
