import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, parseOperation } from '../../../src/chat/operation.ts';
import { GatewayError } from '../../../src/errors/gateway-error.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function errorOf(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseOperation', () => {
  it('says where a request is wrong', () => {
    const error = errorOf(() => parseOperation(bytes({ type: 'threads.update', params: { thread_id: 7 } })));
    expect(error.code).toBe('invalid-request');
    expect(error.problems.map(({ pointer }) => pointer)).toEqual(['/params/thread_id', '/params/title']);
  });

  it('lets an unknown operation pass, for a service that knows it', () => {
    const operation = parseOperation(bytes({ type: 'threads.fork', params: {} }));
    expect(operation).toMatchObject({ type: 'threads.fork', request: undefined });
  });

  it.each([['[]'], ['null'], ['7'], ['{}'], ['{"type":7}'], ['{"type":""}']])('refuses %s', (body) => {
    expect(errorOf(() => parseOperation(bytes(body))).code).toBe('invalid-request');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a body', bytes('{"type":')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['nesting that would overflow a stack', bytes('['.repeat(100_000) + ']'.repeat(100_000))],
  ])('refuses %s as invalid JSON', (_what, body) => {
    expect(errorOf(() => parseOperation(body)).code).toBe('invalid-json');
  });

  it('never throws anything but a catalogue error below 500', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (body) => {
        try {
          parseOperation(body);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect((error as GatewayError).status).toBeLessThan(500);
        }
      }),
    );
  });

  it('reads brackets inside strings as text', () => {
    const text = JSON.stringify({ text: '[[[['.repeat(500), quote: '\\"[' });
    expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
  });
});
