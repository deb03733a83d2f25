/**
 * A service that costs nothing: every request gets the same JSON in one write. It stands on bare sockets, so that the core
 * which it shares with the load is full as late as possible.
 */
import { createServer } from 'node:net';
import { announce } from './announce.ts';
import { LIST_ANSWER } from './chatkit-answer.ts';

const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(LIST_ANSWER)}\r\n\r\n${LIST_ANSWER}`,
);

/** The length of the first request, or undefined while it is not complete. */
function lengthOfRequest(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1];
  if (length !== undefined) {
    const end = head + 4 + Number(length);
    return text.length >= end ? end : undefined;
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(text.slice(0, head))) return head + 4;
  const end = text.indexOf('\r\n0\r\n\r\n', head);
  return end === -1 ? undefined : end + 7;
}

const server = createServer((socket) => {
  let text = '';
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (let end = lengthOfRequest(text); end !== undefined; end = lengthOfRequest(text)) {
      text = text.slice(end);
      socket.write(ANSWER);
    }
  });
  socket.on('error', () => socket.destroy());
});
announce(server);
