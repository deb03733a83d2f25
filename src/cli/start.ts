import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { ChatDescription } from '../auth/schemas.ts';
import type { Config } from '../config/schema.ts';
import { formatProblem } from '../config/problem.ts';
import { formatBanner, formatDemoUser, type BannerFacts } from './banner.ts';
import { asConfigProblem, configOption, readConfiguration, type ConfigFlag } from './configuration.ts';
import { endOnDefect, onStopSignal } from './signals.ts';
import { say, type Terminal } from './terminal.ts';

const DEMO_USER_TIMEOUT_MS = 10_000;

export function addStart(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('run the gateway until it is told to stop')
    .addOption(configOption())
    .action(async (flags: ConfigFlag) => {
      await runGateway(flags, terminal);
    });
}

/** Starts, serves until a signal, and shuts down. */
async function runGateway(flags: ConfigFlag, terminal: Terminal): Promise<void> {
  const stopped = onStopSignal();
  // Loading code is most of the time of a start, so it goes on while the configuration is read.
  const [loaded, { createLogger }, { createContext }, { createListener, createAdminApp }, { startServer }] =
    await Promise.all([
      readConfiguration(flags, terminal),
      import('../observability/logger.ts'),
      import('../context.ts'),
      import('../app.ts'),
      import('../server.ts'),
    ]);
  const { config, warnings, sources } = loaded;
  const logger = createLogger(config.log);
  endOnDefect(logger);
  for (const warning of warnings) logger.warn('configuration: %s', formatProblem(warning));
  logger.debug({ file: sources.file, variables: sources.variables }, 'configuration loaded');

  await using context = await asConfigProblem(loaded, () => createContext(config, { logger }));
  const server = await startServer({
    config: config.server,
    app: createListener(context),
    adminApp: createAdminApp(context),
    context,
    logger,
  });
  const startMs = Math.round(performance.now());
  // Only now, because the password is shown once, and a start that fails would have shown it to nobody.
  const demoUser = await context.auth.ensureDemoUser(AbortSignal.timeout(DEMO_USER_TIMEOUT_MS));
  announce(config, logger, terminal, {
    url: server.url,
    adminUrl: server.adminUrl,
    data: context.store.location,
    answers: describeAnswers(config, context.describeChat()),
    demoUser,
    startMs,
  });
  context.warmUp().catch((error: unknown) => logger.error({ err: error }, 'the agent could not be loaded'));
  // Saved now and not at the exit, so that a process that is killed has done it too.
  setTimeout(flushCompileCache, 1_000).unref();
  await stopped;
  await server.close();
}

function describeAnswers(config: Config, chat: ChatDescription): string {
  const { upstream, path } = config.chat.forward;
  if (chat.backend === 'forward')
    return `the service at ${config.upstreams[upstream]?.targets[0] ?? upstream}${path}`;
  if (chat.demo) return 'the offline demo model; set OPENAI_API_KEY, or agent.baseUrl, for a real one';
  return `${chat.model ?? config.agent.model}${config.agent.baseUrl === null ? '' : ` at ${config.agent.baseUrl}`}`;
}

function announce(config: Config, logger: Logger, terminal: Terminal, facts: BannerFacts): void {
  const { format } = config.log;
  const readable = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
  if (readable) {
    say(terminal.stdout, formatBanner(facts));
    return;
  }
  const { demoUser, ...loggable } = facts;
  logger.info(loggable, 'ready');
  if (demoUser !== undefined) say(terminal.stderr, formatDemoUser(demoUser));
}
