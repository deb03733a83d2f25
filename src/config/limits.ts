import { z } from 'zod';
import { milliseconds, SECRET, section } from './parts.ts';

const policy = (limit: number, windowSeconds: number) =>
  section({
    limit: z.int().min(1).max(1_000_000).default(limit).describe('Requests within one window.'),
    windowSeconds: z.int().min(1).max(86_400).default(windowSeconds).describe('Length of the window.'),
  });

export const limitsSchema = section({
  policies: section({
    chat: policy(300, 60).describe('Chat operations of one user.'),
    runs: policy(30, 60).describe('Replies that one user starts.'),
    signInAddress: policy(30, 300).describe('Sign-in and refresh attempts from one network address.'),
    signInAccount: policy(10, 300).describe('Sign-in attempts on one account.'),
  }).describe('Requests within a window of time.'),
}).describe('How much one caller may ask for.');

export const storeSchema = section({
  url: z
    .string()
    .regex(
      /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
      'must be sqlite:<path> or postgres://<user>@<host>/<database>',
    )
    .default('sqlite:data/gateway.db')
    .describe('sqlite:<path>, or postgres://user:password@host/database.')
    .meta(SECRET),
  poolSize: z.int().min(1).max(100).default(10).describe('PostgreSQL connections.'),
  timeoutMs: milliseconds.default(5_000).describe('Longest wait for a connection, a lock or a statement.'),
}).describe('Where conversations, users and sessions are kept.');
