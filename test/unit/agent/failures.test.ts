import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { toFailure, toReplyError, type FailureKind } from '../../../src/agent/failures.ts';
import { CutStreamError, FailedResponseError, SilentModelError } from '../../../src/agent/model/errors.ts';

const status = (code: number, body: object = {}, headers: Record<string, string> = {}) =>
  OpenAI.APIError.generate(code, { error: body }, undefined, new Headers(headers));
const withCause = (message: string, code: string) =>
  new Error(message, { cause: Object.assign(new Error(code), { code }) });

describe('a failure of the model', () => {
  const cases: [string, Error, FailureKind, boolean][] = [
    ['400', status(400), 'refused', false],
    ['400 too long', status(400, { code: 'context_length_exceeded' }), 'too-long', false],
    ['401', status(401), 'credentials', false],
    ['403', status(403), 'credentials', false],
    ['404', status(404), 'unknown-model', false],
    ['408', status(408), 'timeout', true],
    ['413', status(413), 'too-long', false],
    ['422', status(422), 'refused', false],
    ['429', status(429), 'busy', true],
    ['429 without quota', status(429, { code: 'insufficient_quota' }), 'quota', true],
    ['500', status(500), 'unavailable', true],
    ['503', status(503), 'unavailable', true],
    [
      'an error within a stream',
      new OpenAI.APIError(undefined, { message: 'oops' }, undefined, undefined),
      'unavailable',
      true,
    ],
    ['a connection timeout', new OpenAI.APIConnectionTimeoutError(), 'timeout', true],
    ['a refused connection', withCause('Connection error.', 'ECONNREFUSED'), 'unreachable', true],
    ['an unknown host', withCause('Connection error.', 'ENOTFOUND'), 'unreachable', true],
    ['a connection that broke', withCause('terminated', 'UND_ERR_SOCKET'), 'cut', true],
    ['any other connection error', new OpenAI.APIConnectionError({ message: 'x' }), 'unreachable', true],
    ['a cut stream', new CutStreamError(), 'cut', true],
    ['silence', new SilentModelError(1), 'timeout', true],
    [
      'a failed response',
      new FailedResponseError('response.failed', 'server_error', 'x'),
      'unavailable',
      true,
    ],
    ['a busy response', new FailedResponseError('response.failed', 'rate_limit_exceeded', 'x'), 'busy', true],
    ['a malformed event', new SyntaxError('bad JSON'), 'malformed', true],
    ['something else', new TypeError('x is not a function'), 'unknown', true],
  ];

  it.each(cases)('%s', (_name, error, kind, allowRetry) => {
    expect(toFailure(error, []).kind).toBe(kind);
    expect(toReplyError(kind)).toMatchObject({ allowRetry });
    expect(toReplyError(kind).message).toMatch(/^[A-Z][^/:{}]*\.$/);
  });

  it('is logged with what helps, and nothing secret', () => {
    const error = status(
      429,
      { message: 'slow down sk-secret', code: 'rate_limit_exceeded' },
      { 'retry-after': '7', 'x-request-id': 'req_1', 'set-cookie': 'session=1' },
    );
    const failure = toFailure(error, ['sk-secret', '']);
    expect(failure).toEqual({
      kind: 'busy',
      reason: '429 slow down [redacted]',
      status: 429,
      code: 'rate_limit_exceeded',
      providerRequestId: 'req_1',
      retryAfter: '7',
    });
  });

  it('is logged with its causes, and bounded', () => {
    const chain = new Error('outer', { cause: new Error('inner', { cause: new Error('x'.repeat(2_000)) }) });
    const { reason } = toFailure(chain, []);
    expect(reason.startsWith('outer: inner: xxx')).toBe(true);
    expect(reason.length).toBeLessThanOrEqual(500);
    expect(toFailure('a string', []).reason).toBe('a string');
    expect(toFailure(undefined, []).kind).toBe('unknown');
  });
});
