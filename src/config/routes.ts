import { z } from 'zod';
import { milliseconds, path } from './parts.ts';

export const routeSchema = z.strictObject({
  path: path.describe('Path prefix of the public listener, such as /api/tasks.'),
  upstream: z.string().default('api').describe('Name of the upstream.'),
  upstreamPath: path
    .nullable()
    .default(null)
    .describe('What the prefix becomes at the upstream. null: the same.'),
  methods: z
    .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']))
    .min(1)
    .default(['GET'])
    .describe('Methods that pass.'),
  auth: z
    .enum(['required', 'none'])
    .default('required')
    .describe('none: anybody may call, and the service is told of no user.'),
  bodyLimitBytes: z
    .int()
    .min(0)
    .max(10_737_418_240)
    .default(10_485_760)
    .describe('Largest request body; it is not buffered.'),
  limit: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('Requests of one user within a window.'),
  windowSeconds: z.int().min(1).max(86_400).default(60).describe('Length of the window.'),
  firstByteMs: milliseconds.nullable().default(null).describe('Instead of that of the upstream.'),
  idleMs: milliseconds.nullable().default(null).describe('Instead of that of the upstream.'),
  totalMs: milliseconds.nullable().default(null).describe('Instead of that of the upstream.'),
  requestHeaders: z
    .array(z.string())
    .default([])
    .describe('Further request headers of the client that pass.'),
  responseHeaders: z
    .array(z.string())
    .default([])
    .describe('Further response headers of the service that pass, such as Set-Cookie.'),
});

export const routesSchema = z.array(routeSchema).max(200).default([]);
