import { expect, it } from 'vitest';
import { createKnownEvents } from '../../../src/forward/known-events.ts';

const KNOWN = 'data: {"type":"progress_update","text":"Grüße 🙂"}\n\n';
const UNKNOWN = 'data: {"type":"thread.item.sparkled","item_id":"x"}\n\n';

function filter(...chunks: string[]) {
  const dropped: string[] = [];
  const known = createKnownEvents((type) => dropped.push(type));
  const kept = chunks.map((chunk) => Buffer.from(known(Buffer.from(chunk))).toString());
  return { kept: kept.join(''), dropped };
}

it('keeps the bytes of known events and comments, and leaves out the others', () => {
  const crlf = 'event: message\r\ndata: {"type":"notice",\r\ndata: "level":"info","message":"m"}\r\n\r\n';
  expect(filter(`: ping\n\n${KNOWN}${UNKNOWN}${crlf}`, UNKNOWN, KNOWN)).toEqual({
    kept: `: ping\n\n${KNOWN}${crlf}${KNOWN}`,
    dropped: ['thread.item.sparkled'],
  });
});

it('gives back what is known whole as the very same bytes', () => {
  const bytes = Buffer.from(KNOWN + KNOWN);
  expect(createKnownEvents(() => undefined)(bytes)).toBe(bytes);
});

it('leaves out what is no event at all', () => {
  expect(filter('data: [DONE]\n\n', 'data: 1\n\n', KNOWN).kept).toBe(KNOWN);
});

it('tells of a bounded number of types', () => {
  const many = Array.from({ length: 100 }, (_, at) => `data: {"type":"t${at}"}\n\n`);
  expect(filter(...many).dropped).toHaveLength(20);
});
