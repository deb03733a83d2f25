import { z } from 'zod';

/** NIST SP 800-63B: a minimum length and nothing about composition; the maximum bounds the work of hashing. */
const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;
/** The longest path that RFC 5321 lets an address have. */
export const MAX_EMAIL_LENGTH = 254;
const MAX_NAME_LENGTH = 100;

/** Two spellings of one address are one user. */
export function normaliseEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase();
}

export const newEmail = z
  .string()
  .transform(normaliseEmail)
  .pipe(
    z
      .email('is not an e-mail address')
      .max(MAX_EMAIL_LENGTH, `is longer than ${MAX_EMAIL_LENGTH} characters`),
  );

export const newPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH, `has fewer than ${MIN_PASSWORD_LENGTH} characters`)
  .max(MAX_PASSWORD_LENGTH, `has more than ${MAX_PASSWORD_LENGTH} characters`);

export const newName = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(MAX_NAME_LENGTH, `is longer than ${MAX_NAME_LENGTH} characters`)
  .regex(/^\P{Cc}*$/u, 'contains control characters');
