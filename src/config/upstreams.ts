import { z } from 'zod';
import { httpUrl, milliseconds, path, section } from './parts.ts';

const breaker = section({
  failures: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('Failures in a row after which a target is left alone.'),
  openMs: milliseconds.default(1_000).describe('How long it is left alone before it is tried again.'),
}).describe('When a target is left alone.');

const health = section({
  path: path
    .nullable()
    .default(null)
    .describe('Path that answers 2xx when the target is well. null: only a target that failed is asked.'),
  intervalMs: milliseconds.default(2_000).describe('Time between two checks.'),
  timeoutMs: milliseconds.default(1_000).describe('Longest wait for one check.'),
  failures: z.int().min(1).max(100).default(2).describe('Failed checks in a row that take a target out.'),
}).describe('How targets are watched.');

const mint = section({
  audience: z.string().min(1).default('fastapi').describe('The aud claim of minted tokens.'),
  seconds: z.int().min(10).max(3_600).default(60).describe('Lifetime of a minted token.'),
}).describe('Tokens for this service, where credentials is mint.');

export const upstreamSchema = z.strictObject({
  targets: z
    .array(httpUrl)
    .min(1)
    .max(32)
    .describe('Base URLs of the service; several are used by load, and one that fails is left out.'),
  credentials: z
    .enum(['none', 'forward', 'mint'])
    .default('none')
    .describe(
      'none: the service is told who calls by X-User-Id. forward: it gets the verified access token of the user. ' +
        'mint: it gets a short-lived token that the gateway signs.',
    ),
  mint,
  caFile: z.string().min(1).nullable().default(null).describe('PEM file of a private certificate authority.'),
  connectMs: milliseconds.default(5_000).describe('Longest wait for a connection.'),
  firstByteMs: milliseconds.default(60_000).describe('Longest wait for the response headers.'),
  idleMs: milliseconds.default(120_000).describe('Longest silence within a response.'),
  totalMs: milliseconds.default(900_000).describe('Longest response.'),
  maxJsonBytes: z
    .int()
    .min(1_024)
    .max(268_435_456)
    .default(33_554_432)
    .describe('Largest JSON answer that is read.'),
  breaker,
  health,
});

export const upstreamsSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9-]*$/), upstreamSchema)
  .default({})
  .describe('The services behind the gateway, by a name of your choice.')
  .meta({ examples: [{ api: { targets: ['http://127.0.0.1:8000'] } }] });
