import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const milliseconds = z.int().min(1).max(86_400_000);
const url = z.url({ protocol: /^https?$/ });
/** Marks a key whose value is never shown, not even in an error. JSON Schema's own word for it. */
const SECRET = { writeOnly: true };
/** A section that may be left out whole. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).prefault({} as never);

const server = section({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface.'),
  port: port.default(8080).describe('Public port. 0 takes a free one.'),
  adminHost: z.string().min(1).default('127.0.0.1').describe('Address of the admin listener.'),
  adminPort: port
    .default(9090)
    .describe('Port of /metrics, /healthz and /readyz. Never expose it to the internet.'),
  publicUrl: url.nullable().default(null).describe('The address that browsers use, when it is not this one.'),
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

const auth = section({
  mode: z.enum(['local']).default('local').describe('local: users in the store of the gateway.'),
  local: section({
    issuer: z
      .string()
      .min(1)
      .default('chatkit-gateway')
      .describe('The iss claim of the tokens that are issued.'),
    audience: z
      .string()
      .min(1)
      .default('chatkit-gateway')
      .describe('The aud claim of the tokens that are issued.'),
    keyFile: z
      .string()
      .min(1)
      .default('data/signing-key.json')
      .describe('Private signing key (JWK); made at the first start. Replicas must share it.'),
    accessTokenSeconds: z
      .int()
      .min(30)
      .max(86_400)
      .default(600)
      .describe('Lifetime of an access token; a client refreshes it.'),
    sessionSeconds: z
      .int()
      .min(60)
      .max(31_536_000)
      .default(2_592_000)
      .describe('How long a sign-in can be refreshed, in all.'),
    refreshGraceSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(10)
      .describe('How long a spent refresh token is taken again, for a client whose answer was lost.'),
    demoUser: z
      .boolean()
      .default(true)
      .describe('Make a demo user with a random password at the first start. Refused in production.'),
  }).describe('Users in the store of the gateway, and tokens that it signs itself.'),
}).describe('Who may call.');

const chat = section({
  backend: z
    .enum(['agent', 'forward'])
    .default('agent')
    .describe('Who answers: the built-in agent or a service.'),
  checkpointMs: z
    .int()
    .min(50)
    .max(1000)
    .default(500)
    .describe('Most time between savings of a growing reply.'),
  forward: section({
    upstream: z.string().default('api').describe('Name of the upstream that speaks ChatKit.'),
    path: z.string().startsWith('/').default('/chatkit').describe('Path of its ChatKit endpoint.'),
  }).describe('The service that answers, where chat.backend is forward.'),
}).describe('What answers in the chat.');

const upstream = z.strictObject({
  targets: z
    .array(url)
    .length(1)
    .describe('Base URL of the service.')
    .meta({ examples: [['http://127.0.0.1:8000']] }),
  credentials: z
    .enum(['none', 'forward'])
    .default('none')
    .describe('forward: pass the verified access token of the user on.'),
  connectMs: milliseconds.default(5_000).describe('Longest wait for a connection.'),
  firstByteMs: milliseconds.default(60_000).describe('Longest wait for the response headers.'),
  idleMs: milliseconds.default(120_000).describe('Longest silence within a response.'),
  totalMs: milliseconds.default(900_000).describe('Longest response.'),
});

const agent = section({
  name: z
    .string()
    .min(1)
    .max(64)
    .default('Assistant')
    .describe('How the agent is called in logs and traces.'),
  instructions: z
    .string()
    .default(
      'You are a helpful assistant. Answer briefly and in the language of the user. ' +
        'Use the task tools whenever the user talks about tasks, to-dos or reminders.',
    )
    .describe('The system prompt.'),
  model: z
    .string()
    .min(1)
    .default('gpt-5-mini')
    .describe('The model that answers unless the user picks another one.'),
  models: z.array(z.string().min(1)).default([]).describe('Further models that a user may pick in ChatKit.'),
  api: z
    .enum(['responses', 'chat_completions'])
    .default('responses')
    .describe('What the model server speaks. Ollama, vLLM and most others: chat_completions.'),
  baseUrl: url.nullable().default(null).describe('Address of an OpenAI-compatible server; null: OpenAI.'),
  apiKey: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Key of the model server. Without a key and a baseUrl the offline demo model answers.')
    .meta(SECRET),
  reasoning: z
    .boolean()
    .default(false)
    .describe(
      'Ask reasoning models of the responses API for summaries of their thoughts, and show them. ' +
        'OpenAI gives them to verified organisations only.',
    ),
  tools: z
    .array(z.enum(['tasks']))
    .default(['tasks'])
    .describe('Built-in tools that the agent may call.'),
  titles: z.boolean().default(true).describe('Let the model title a thread after its first turn.'),
  historyItems: z
    .int()
    .min(1)
    .max(2000)
    .default(100)
    .describe('Newest items of a thread that the model is given.'),
  maxTurns: z.int().min(1).max(100).default(12).describe('Model calls within one reply.'),
  requestTimeoutMs: milliseconds.default(120_000).describe('Longest wait for the model between two events.'),
  toolTimeoutMs: milliseconds.default(30_000).describe('Longest run of one tool call.'),
}).describe('The built-in agent, where chat.backend is agent.');

const policy = (limit: number, windowSeconds: number) =>
  section({
    limit: z.int().min(1).max(1_000_000).default(limit).describe('Requests within one window.'),
    windowSeconds: z.int().min(1).max(86_400).default(windowSeconds).describe('Length of the window.'),
  });

const limits = section({
  policies: section({
    chat: policy(300, 60).describe('Chat operations of one user.'),
    runs: policy(30, 60).describe('Replies that one user starts.'),
    signInAddress: policy(30, 300).describe('Sign-in and refresh attempts from one network address.'),
    signInAccount: policy(10, 300).describe('Sign-in attempts on one account.'),
  }).describe('Requests within a window of time.'),
}).describe('How much one caller may ask for.');

const store = section({
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

export const configSchema = z.strictObject({
  environment: z
    .enum(['development', 'production'])
    .default('development')
    .describe('production refuses unsafe settings that development warns of.'),
  server,
  log,
  auth,
  chat,
  upstreams: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/), upstream)
    .default({})
    .describe('Services behind the gateway, by a name of your choice.')
    .meta({ examples: [{ api: { targets: ['http://127.0.0.1:8000'] } }] }),
  agent,
  limits,
  store,
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<z.output<typeof configSchema>>;
export type UpstreamConfig = Config['upstreams'][string];
export type LimitPolicy = Config['limits']['policies']['chat'];
