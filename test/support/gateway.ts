import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { z } from 'zod';
import { createAdminApp, createApp } from '../../src/app.ts';
import type { AgentOverrides } from '../../src/agent/engine.ts';
import type { Responder } from '../../src/chatkit/responder.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createContext, type GatewayContext } from '../../src/context.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startServer } from '../../src/server.ts';
import { createTestUser, type TestUser } from './user.ts';

type ConfigInput = z.input<typeof configSchema>;
type Section = Record<string, unknown>;

export interface GatewayOptions {
  /** Laid over the settings of a test gateway, section by section. */
  readonly config?: ConfigInput;
  readonly responder?: Responder;
  readonly agent?: AgentOverrides;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly context: GatewayContext;
  /** Every log line so far, parsed. */
  readonly logs: Section[];
  /** A new user who has signed in. */
  signIn(name?: string): Promise<TestUser>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

const UNLIMITED = { limit: 1_000_000, windowSeconds: 60 };

/** The settings of a gateway whose data is in a folder of its own. */
export function testConfig(folder: string, overrides: ConfigInput = {}): ConfigInput {
  const defaults: Record<string, Section> = {
    server: { port: 0, adminPort: 0, drainMs: 2_000 },
    log: { level: 'debug', format: 'json' },
    auth: { local: { keyFile: path.join(folder, 'signing-key.json'), demoUser: false } },
    limits: {
      policies: { chat: UNLIMITED, runs: UNLIMITED, signInAddress: UNLIMITED, signInAccount: UNLIMITED },
    },
    store: { url: `sqlite:${path.join(folder, 'gateway.db')}` },
    attachments: { directory: path.join(folder, 'attachments') },
  };
  return merge(defaults, overrides);
}

/** The real gateway in this process, on free ports, with its data in a temporary folder. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-test-'));
  const config = configSchema.parse(testConfig(folder, options.config));
  const logs: Section[] = [];
  const logger = createLogger(config.log, collectLines(logs));
  const context = await createContext(config, {
    logger,
    overrides: {
      ...(options.responder === undefined ? {} : { responder: options.responder }),
      ...(options.agent === undefined ? {} : { agent: options.agent }),
    },
  });
  const server = await startServer({
    config: config.server,
    app: createApp(context),
    adminApp: createAdminApp(context),
    context,
    logger,
  });
  const end = async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= end());
  let users = 0;
  return {
    url: server.url,
    adminUrl: server.adminUrl,
    context,
    logs,
    async signIn(name = `user${(users += 1)}`) {
      const credentials = { email: `${name}@example.com`, password: `password of ${name}` };
      if (context.auth.users === undefined) throw new Error('the users of this gateway are kept elsewhere');
      await context.auth.users.createUser(credentials, AbortSignal.timeout(10_000));
      return await createTestUser(server.url, credentials);
    },
    async metrics() {
      return await (await fetch(`${server.adminUrl}/metrics`)).text();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function collectLines(lines: Section[]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      lines.push(JSON.parse(chunk) as Section);
      done();
    },
  });
}

function merge(base: Section, over: Section): Section {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const isSection = (each: unknown): each is Section =>
      typeof each === 'object' && each !== null && !Array.isArray(each);
    const below = result[key];
    result[key] = isSection(value) && isSection(below) ? merge(below, value) : value;
  }
  return result;
}
