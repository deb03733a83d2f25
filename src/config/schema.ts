import { z } from 'zod';
import { agentSchema } from './agent.ts';
import { attachmentsSchema } from './attachments.ts';
import { authSchema } from './auth.ts';
import { chatSchema } from './chat.ts';
import { limitsSchema, storeSchema } from './limits.ts';
import { httpUrl, milliseconds, port, section } from './parts.ts';
import { routesSchema } from './routes.ts';
import { transcriptionSchema } from './transcription.ts';
import { upstreamsSchema } from './upstreams.ts';

const server = section({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface.'),
  port: port.default(8080).describe('Public port. 0 takes a free one.'),
  adminHost: z.string().min(1).default('127.0.0.1').describe('Address of the admin listener.'),
  adminPort: port
    .default(9090)
    .describe('Port of /metrics, /healthz and /readyz. Never expose it to the internet.'),
  publicUrl: httpUrl
    .nullable()
    .default(null)
    .describe('The address that browsers use, when it is not this one.'),
  trustProxy: z
    .array(z.string())
    .default([])
    .describe('Addresses or CIDR ranges of the proxies whose X-Forwarded-* headers are believed.'),
  corsOrigins: z
    .array(z.string())
    .default([])
    .describe('Other origins whose pages may call the gateway, such as https://app.example.com.'),
  bodyLimitBytes: z
    .int()
    .min(1024)
    .max(104_857_600)
    .default(1_048_576)
    .describe('Largest accepted request body.'),
  headersTimeoutMs: milliseconds.default(10_000).describe('How long request headers may take to arrive.'),
  heartbeatMs: milliseconds
    .default(15_000)
    .describe('Silence on a stream after which a comment line is sent.'),
  drainMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(30_000)
    .describe('How long open streams may finish at shutdown.'),
}).describe('The two listeners.');

const log = section({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The least severe line that is written.'),
  format: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe('auto: pretty on a terminal, else JSON.'),
}).describe('What is written to standard output.');

export const configSchema = z.strictObject({
  environment: z
    .enum(['development', 'production'])
    .default('development')
    .describe('production refuses unsafe settings that development warns of.'),
  server,
  log,
  auth: authSchema,
  chat: chatSchema,
  upstreams: upstreamsSchema,
  routes: routesSchema.describe('Other paths of a service that pass through.'),
  agent: agentSchema,
  attachments: attachmentsSchema,
  transcription: transcriptionSchema,
  limits: limitsSchema,
  store: storeSchema,
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<z.output<typeof configSchema>>;
export type UpstreamConfig = Config['upstreams'][string];
export type LimitPolicy = Config['limits']['policies']['chat'];
