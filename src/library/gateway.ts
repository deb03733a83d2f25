import type { Logger } from 'pino';
import type { z } from 'zod';
import { createAdminApp, createApp } from '../app.ts';
import type { AgentDefinition } from '../agent/module/definition.ts';
import { readDefinition } from '../agent/module/read-definition.ts';
import type { UsersService } from '../auth/users.ts';
import type { Responder } from '../chatkit/responder.ts';
import { within } from '../chatkit/within.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { configSchema } from '../config/schema.ts';
import { createContext, type GatewayContext } from '../context.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { createLogger } from '../observability/logger.ts';
import type { Identify } from './host-user.ts';
import { identifyWith } from './identify.ts';
import { createMount, type GatewayHandler } from './mount.ts';
import { createOpenAnswers } from './open-answers.ts';
import { ADMIN_PATHS, isBelow, isOwnPath } from './own-paths.ts';
import { CreateGatewayError, toCreateError } from './create-error.ts';

/** The keys of `config/default.yaml`, all of them optional. */
export type GatewayConfig = z.input<typeof configSchema>;

export interface GatewayOptions {
  /** Laid over the file, or over the defaults. */
  readonly config?: GatewayConfig;
  /** A YAML file; a relative path begins at the working directory. */
  readonly configFile?: string;
  /** Variables that are laid over everything else, such as `process.env`. None are read unless they are given here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where lines are logged, instead of to the standard output as `log` of the configuration says. */
  readonly logger?: Logger;
  /** What `defineAgent` gave, instead of `agent.module` of the configuration. */
  readonly agent?: AgentDefinition;
  /** Answers instead of the agent, or of the service behind a bridge. */
  readonly responder?: Responder;
  /** Says who calls, where the application signs its users in. Then bearer tokens are not asked for. */
  readonly identify?: Identify;
  /** Aborted: the gateway closes, as by `close()`. */
  readonly signal?: AbortSignal;
}

export interface Gateway extends AsyncDisposable {
  /** For `app.use(gateway.router)` or `app.use('/chat', gateway.router)`. Passes on what is not the gateway's. */
  readonly router: GatewayHandler;
  /** `/metrics`, `/healthz` and `/readyz`, for a place that the internet cannot reach. */
  readonly adminRouter: GatewayHandler;
  /** For `http.createServer(gateway.handle)`: what is not the gateway's gets 404. */
  readonly handle: (...args: Parameters<GatewayHandler>) => void;
  /** The users of `auth.mode: local`; absent where somebody else keeps them. */
  readonly users: Pick<UsersService, 'createUser'> | undefined;
  /**
   * Refuses new replies, lets running ones finish within `drainMs` (`server.drainMs` unless it is given), and releases
   * everything. Resolves once, however often it is called, and never rejects: what goes wrong is logged.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** For the last bytes of replies that were ended, and for parts that should close at once. */
const SETTLE_MS = 500;
const DISPOSE_MS = 5_000;

/** @throws CreateGatewayError with everything that is wrong, or the reason of the signal */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  options.signal?.throwIfAborted();
  const context = await openContext(options).catch((error: unknown) => {
    throw toCreateError(error);
  });
  if (options.signal?.aborted === true) {
    await context[Symbol.asyncDispose]();
    options.signal.throwIfAborted();
  }
  return toGateway(context, options);
}

async function openContext(options: GatewayOptions): Promise<GatewayContext> {
  const { config, warnings } = await loadConfig({
    configPath: options.configFile,
    values: options.config,
    // The file is named by an option, which the caller reads in the code.
    env: { ...options.env, GATEWAY_CONFIG: undefined },
    cwd: process.cwd(),
  });
  const logger = options.logger ?? createLogger(config.log);
  for (const warning of warnings) logger.warn('configuration: %s', formatProblem(warning));
  const { responder, agent } = options;
  const { backend } = config.chat;
  if (agent !== undefined && backend !== 'agent') throw unusable('agent', backend);
  if (responder !== undefined && backend === 'forward') throw unusable('responder', backend);
  const context = await createContext(config, {
    logger,
    overrides: {
      ...(responder === undefined ? {} : { responder }),
      ...(agent === undefined ? {} : { definition: readDefinition(agent) }),
    },
  });
  const { identify } = options;
  return identify === undefined ? context : { ...context, auth: identifyWith(identify, context.auth) };
}

/** What would be ignored without a word. */
function unusable(option: string, backend: string): CreateGatewayError {
  const message = `the option ${option} answers nothing where chat.backend is ${backend}`;
  const problems = [{ where: '', path: 'chat.backend', message }];
  return new CreateGatewayError(message, { problems, cause: undefined });
}

function toGateway(context: GatewayContext, { signal }: GatewayOptions): Gateway {
  const { config, logger, passThrough } = context;
  const answers = createOpenAnswers();
  let closed = false;
  const common = { answers, isClosed: () => closed, logger, ownsCors: config.server.corsOrigins.length > 0 };
  const router = createMount({
    ...common,
    app: createApp(context),
    owns: (path) => isOwnPath(path) || passThrough?.find(path) !== undefined,
  });
  const adminRouter = createMount({
    ...common,
    app: createAdminApp(context),
    owns: (path) => isBelow(ADMIN_PATHS, path),
  });

  const shutDown = async (drainMs: number) => {
    const startedAt = performance.now();
    signal?.removeEventListener('abort', onAbort);
    context.closing.abort(new GatewayError('shutting-down'));
    logger.info({ runs: context.runs.activeCount, drainMs }, 'the gateway is closing');
    await attempt(logger, () => context.runs.drain(drainMs));
    const leftMs = drainMs - (performance.now() - startedAt);
    await within(answers.idle(), Math.max(leftMs, SETTLE_MS));
    closed = true;
    answers.destroy();
    await attempt(logger, async () => {
      await within(Promise.resolve(context[Symbol.asyncDispose]()), DISPOSE_MS);
    });
    logger.info('the gateway is closed');
  };
  let closing: Promise<void> | undefined;
  const close: Gateway['close'] = ({ drainMs = config.server.drainMs } = {}) =>
    (closing ??= shutDown(drainMs));
  const onAbort = () => void close();
  signal?.addEventListener('abort', onAbort, { once: true });

  // A first reply need not wait for it; nobody waits for it here.
  void attempt(logger, () => context.warmUp());
  return {
    router,
    adminRouter,
    handle: (req, res) => router(req, res),
    users: context.auth.users,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

/** One step of a shutdown must not keep the others from their turn. */
async function attempt(logger: Logger, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.error({ err: error }, 'a part of the gateway failed');
  }
}
