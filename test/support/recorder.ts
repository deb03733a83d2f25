import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  /** The bodies that the service has answered with, oldest first, as far as they have come. */
  readonly answers: readonly { readonly status: number; readonly body: () => Buffer }[];
}

/** Stands between the gateway and a service, passes everything on, and remembers what the service said. */
export async function startRecorder(target: string): Promise<Recorder> {
  const answers: { status: number; body: () => Buffer }[] = [];
  const server = createServer((req, res) => {
    const { method = 'GET', headers, url = '/' } = req;
    const outgoing = send(`${target}${url}`, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answers.push({ status: answer.statusCode ?? 0, body: () => Buffer.concat(chunks) });
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    outgoing.on('error', () => res.destroy());
    res.on('close', () => outgoing.destroy());
    req.pipe(outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
