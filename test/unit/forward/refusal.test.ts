import { describe, expect, it } from 'vitest';
import { isPlain } from '../../../src/forward/refusal.ts';

describe('a text of a service', () => {
  it.each([
    'Not enough credits left',
    'You have reached your limit of 20 messages/day.',
    'Select a model first',
  ])('is shown: %s', (text) => {
    expect(isPlain(text)).toBe(true);
  });

  it.each([
    "[Errno 111] Connect call failed ('10.0.4.7', 5432)",
    'relation "users": SELECT users.pw FROM users',
    "HTTPConnectionPool(host='db', port=8001)",
    'Incorrect API key provided: sk-proj-abc123',
    "No such file or directory: '/srv/app/secret.key'",
    '<html><body>500</body></html>',
    'Traceback (most recent call last)',
    'see http://internal/docs',
    'x'.repeat(501),
  ])('A60: is not shown: %s', (text) => {
    expect(isPlain(text)).toBe(false);
  });
});
