import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameSplitter } from '../../../src/forward/frame-splitter.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

function split(stream: Uint8Array, cuts: readonly number[]) {
  const frames = createFrameSplitter();
  const points = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted(
    (a, b) => a - b,
  );
  const complete: Uint8Array[] = [];
  for (let index = 1; index < points.length; index += 1) {
    complete.push(frames.push(stream.subarray(points[index - 1], points[index])));
  }
  return { complete: Buffer.concat(complete), rest: Buffer.from(frames.rest()) };
}

function eventsOf(stream: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(stream);
  return events;
}

describe('frame splitter', () => {
  const golden = bytes(
    'data: {"a":"é漢🎉"}\n\n: ping\n\ndata: one\r\ndata: two\r\n\r\nevent: x\rdata: three\r\rdata: half',
  );

  it('S8: a golden stream cut at every byte stays identical and is whole up to its last complete frame', () => {
    const whole = golden.lastIndexOf(bytes('data: half'));
    for (let cut = 0; cut <= golden.length; cut += 1) {
      const { complete, rest } = split(golden, [cut]);
      expect(Buffer.concat([complete, rest]).equals(golden)).toBe(true);
      expect(complete.length).toBe(whole);
    }
  });

  it('S8: any cuts of any lines give back the same bytes, and never a half frame', () => {
    const line = fc.constantFrom('data: x', '', ': c', 'data: é漢🎉', 'id: 7');
    const ending = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(line), ending, fc.array(fc.nat()), (lines, end, cuts) => {
        const stream = bytes(lines.map((text) => text + end).join(''));
        const { complete, rest } = split(stream, cuts);
        expect(Buffer.concat([complete, rest]).equals(stream)).toBe(true);
        const ended = `${complete.toString()}data: END\n\n`;
        expect(eventsOf(ended)).toEqual([...eventsOf(stream.toString()), 'END']);
      }),
    );
  });

  it('S8: a frame without an end is refused before it fills the memory', () => {
    const frames = createFrameSplitter(1000);
    frames.push(bytes('x'.repeat(900)));
    expect(() => frames.push(bytes('x'.repeat(200)))).toThrow(RangeError);
  });
});
