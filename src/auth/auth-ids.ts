import { randomBytes } from 'node:crypto';

const PREFIXES = { user: 'usr', session: 'ses' } as const;

export function createAuthId(kind: keyof typeof PREFIXES): string {
  return `${PREFIXES[kind]}_${randomBytes(16).toString('hex')}`;
}
