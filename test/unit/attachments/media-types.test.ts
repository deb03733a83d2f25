import { describe, expect, it } from 'vitest';
import { isAccepted, toMediaType, toServedType } from '../../../src/attachments/media-types.ts';

/** The list of https://mimesniff.spec.whatwg.org/#javascript-mime-type */
const SCRIPTS = [
  'application/ecmascript',
  'application/javascript',
  'application/x-ecmascript',
  'application/x-javascript',
  'text/ecmascript',
  'text/javascript',
  'text/javascript1.0',
  'text/javascript1.1',
  'text/javascript1.2',
  'text/javascript1.3',
  'text/javascript1.4',
  'text/javascript1.5',
  'text/jscript',
  'text/livescript',
  'text/x-ecmascript',
  'text/x-javascript',
];

describe('the media type of a file', () => {
  it.each([...SCRIPTS, 'text/x-html', 'text/html', 'image/svg+xml', 'text/xml'])(
    'A58: %s is meant by no wildcard',
    (given) => {
      const type = toMediaType(` ${given.toUpperCase()} ; charset=x`);
      expect(isAccepted(type, ['text/*', 'application/*', 'image/*', '*/*'])).toBe(false);
      expect(isAccepted(type, [type])).toBe(true);
      expect(toServedType(type)).toBe('text/plain; charset=utf-8');
    },
  );

  it.each(['text/css', 'text/vtt', 'text/calendar', 'text/x-python', 'text/cache-manifest'])(
    'A58: %s is accepted as text, and served as nothing but text',
    (type) => {
      expect(isAccepted(toMediaType(type), ['text/*'])).toBe(true);
      expect(toServedType(type)).toBe('text/plain; charset=utf-8');
    },
  );

  it.each([
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/csv', 'text/csv; charset=utf-8'],
    ['text/markdown', 'text/markdown; charset=utf-8'],
    ['application/pdf', 'application/pdf'],
    ['image/png', 'image/png'],
  ])('%s is served as %s', (type, served) => {
    expect(toServedType(type)).toBe(served);
  });
});
