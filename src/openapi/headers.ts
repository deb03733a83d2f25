import { z } from 'zod';
import { REQUEST_ID, RUN_ID } from './examples/conversation.ts';

/** Response headers, each a component of the contract. A header that is not on every such answer is optional. */
export const headers = {
  requestId: z.string().meta({
    description: 'Names this request in the log. A caller may choose it by sending the same header.',
    example: REQUEST_ID,
    header: { id: 'X-Request-Id' },
  }),
  runId: z.string().meta({
    description: 'Names the reply that is being written.',
    example: RUN_ID,
    header: { id: 'X-Run-Id' },
  }),
  /** A reply that starts is counted by two policies, and each has its entry. */
  rateLimit: z
    .string()
    .optional()
    .meta({
      description: 'What is left of each policy that counted this request: `r` requests for `t` seconds.',
      example: '"chat"; r=299; t=60',
      header: { id: 'RateLimit' },
    }),
  rateLimitPolicy: z
    .string()
    .optional()
    .meta({
      description: 'Each policy that counted this request: `q` requests within `w` seconds.',
      example: '"chat"; q=300; w=60; pk=:Nzk5ZjI0NjQ4MTY0:',
      header: { id: 'RateLimit-Policy' },
    }),
  retryAfter: z
    .string()
    .optional()
    .meta({
      description: 'Seconds to wait before the next try.',
      example: '12',
      header: { id: 'Retry-After' },
    }),
  challenge: z
    .string()
    .optional()
    .meta({
      description: 'The challenge of RFC 6750.',
      example: 'Bearer error="invalid_token", error_description="The access token has expired"',
      header: { id: 'WWW-Authenticate' },
    }),
  contentDisposition: z.string().meta({
    description: 'Whether it is shown or saved, and under which name.',
    example: 'inline; filename="receipt.png"',
    header: { id: 'Content-Disposition' },
  }),
  location: z.string().meta({ description: 'Where to go.', example: '/docs', header: { id: 'Location' } }),
};

/** Of a route that needs no policy. */
export const plainHeaders = z.object({ 'X-Request-Id': headers.requestId });

/** Of a route that a policy counts. */
export const limitedHeaders = z.object({
  'X-Request-Id': headers.requestId,
  RateLimit: headers.rateLimit,
  'RateLimit-Policy': headers.rateLimitPolicy,
});

/** Of an answer that is a reply. */
export const runHeaders = limitedHeaders.extend({ 'X-Run-Id': headers.runId });
