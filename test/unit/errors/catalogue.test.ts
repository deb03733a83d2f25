import { expect, it } from 'vitest';
import { CATALOGUE } from '../../../src/errors/catalogue.ts';

it('titles of what a service or the store does fit sign-in and pass-through routes too', () => {
  const titles = Object.entries(CATALOGUE)
    .filter(([code]) => /^(upstream|store)-/.test(code))
    .map(([, { title }]) => title);
  expect(titles).toHaveLength(6);
  for (const title of titles) expect(title).not.toMatch(/chat|conversation/i);
});
