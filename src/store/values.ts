import { createHash } from 'node:crypto';
import { GatewayError } from '../errors/gateway-error.ts';

const MAX_ID_CHARS = 256;
const MAX_OWNER_CHARS = 512;
const MAX_PAGE = 2000;

/**
 * Whether a record can have this id. PostgreSQL refuses NUL, and a lone surrogate cannot be encoded as UTF-8; an id
 * of a caller that has one, or is endless, is just the id of nothing.
 */
export function isStorableId(id: string, maxChars = MAX_ID_CHARS): boolean {
  return id.length > 0 && id.length <= maxChars && id.isWellFormed() && !id.includes('\0');
}

/** @throws GatewayError `internal`: ids that are stored are made by the gateway or checked by it */
export function requireStorableId(id: string): string {
  if (isStorableId(id)) return id;
  throw new GatewayError('internal', { cause: new Error('a record was given an id that cannot be stored') });
}

/** An owner as a column: itself, unless it cannot be an index key of every database. */
export function toOwnerKey(owner: string): string {
  if (isStorableId(owner, MAX_OWNER_CHARS)) return owner;
  return `sha256:${createHash('sha256').update(JSON.stringify(owner)).digest('hex')}`;
}

/** Text that both databases give back as they got it: what cannot be stored becomes U+FFFD. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

export function toMillis(iso: string): number {
  const millis = Date.parse(iso);
  if (Number.isNaN(millis)) {
    throw new GatewayError('internal', {
      cause: new Error('a record was given a time that is not ISO 8601'),
    });
  }
  return millis;
}

export function fromMillis(millis: number): string {
  return new Date(millis).toISOString();
}

/** At least one record, so that following `has_more` always gets on. */
export function toPageSize(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_PAGE);
}
