import type { Command } from 'commander';
import type { UserRecord } from '../store/auth-store.ts';
import type { UsersService } from '../auth/users.ts';
import { configOption, readConfiguration, type ConfigFlag } from './configuration.ts';
import { readPassword } from './password.ts';
import { CliError, EXIT_USAGE, say, type Terminal } from './terminal.ts';

const PAGE = 500;
/** Longer than any store or hash takes; a command must not hang. */
const TIMEOUT_MS = 60_000;

/** Administration of the users of `auth.mode: local`, also while the gateway runs. */
export function addUsers(program: Command, terminal: Terminal): void {
  const users = program
    .command('users')
    .description('add, list, disable and enable users; change a password');
  const done = (text: string) => {
    say(terminal.stdout, text);
  };

  users
    .command('add')
    .description('add a user; the password is read from standard input or a prompt')
    .argument('<email>')
    .allowExcessArguments()
    .option('-n, --name <name>', 'the name to show')
    .addOption(configOption())
    .action(async (email: string, flags: ConfigFlag & { readonly name?: string }, command: Command) => {
      requireOneArgument(command);
      const password = await readPassword(terminal);
      const user = await withUsers(flags, terminal, (service, signal) =>
        service.createUser({ email, password, name: flags.name }, signal),
      );
      done(`Added ${user.email}.`);
    });

  users
    .command('list')
    .description('list all users')
    .option('--json', 'one JSON object per line')
    .addOption(configOption())
    .action(async (flags: ConfigFlag & { readonly json?: boolean }) => {
      await withUsers(flags, terminal, async (service) => {
        let count = 0;
        for await (const user of allUsers(service)) {
          done(flags.json === true ? JSON.stringify(toPublicUser(user)) : formatUser(user));
          count++;
        }
        if (count === 0 && flags.json !== true) done('There are no users. Add one with "users add <email>".');
      });
    });

  users
    .command('disable')
    .description('refuse the user and end all of their sessions')
    .argument('<email>')
    .addOption(configOption())
    .action(async (email: string, flags: ConfigFlag) => {
      await withUsers(flags, terminal, (service) => service.disableUser(email));
      done(`Disabled ${email}.`);
    });

  users
    .command('enable')
    .description('let a disabled user sign in again')
    .argument('<email>')
    .addOption(configOption())
    .action(async (email: string, flags: ConfigFlag) => {
      await withUsers(flags, terminal, (service) => service.enableUser(email));
      done(`Enabled ${email}.`);
    });

  users
    .command('password')
    .description('change a password and end all sessions of the user')
    .argument('<email>')
    .allowExcessArguments()
    .addOption(configOption())
    .action(async (email: string, flags: ConfigFlag, command: Command) => {
      requireOneArgument(command);
      const password = await readPassword(terminal);
      await withUsers(flags, terminal, (service, signal) => service.setPassword(email, password, signal));
      done(`Changed the password of ${email}.`);
    });
}

/** Commander would repeat the surplus argument, and here it is likely a password. */
function requireOneArgument(command: Command): void {
  if (command.args.length === 1) return;
  throw new CliError(
    'too many arguments: a password is read from standard input or a prompt, never from an argument',
    EXIT_USAGE,
  );
}

async function withUsers<Result>(
  flags: ConfigFlag,
  terminal: Terminal,
  work: (service: UsersService, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const [{ config }, opening, users, hashing, queue, { pino }] = await Promise.all([
    readConfiguration(flags, terminal),
    import('../store/open-store.ts'),
    import('../auth/users.ts'),
    import('../auth/password-hash.ts'),
    import('../auth/work-queue.ts'),
    import('pino'),
  ]);
  if (config.auth.mode !== 'local') {
    throw new CliError(
      `auth.mode is ${config.auth.mode}: the users are those of the service that issues the tokens, and the gateway has none to administer`,
      EXIT_USAGE,
    );
  }
  // What the store has to say is thrown; its log lines would only mix with the output.
  await using store = await opening.openStore({ ...config.store, logger: pino({ enabled: false }) });
  const service = users.createUsersService({
    users: store.users,
    hasher: hashing.createPasswordHasher({
      queue: queue.createWorkQueue({ concurrency: 1, maxWaiting: 1 }),
    }),
    clock: () => new Date(),
    // A running gateway finds out by itself within the time that it caches sessions.
    onUserChanged: () => undefined,
  });
  return await work(service, AbortSignal.timeout(TIMEOUT_MS));
}

async function* allUsers(service: UsersService): AsyncGenerator<UserRecord> {
  let after: string | undefined;
  for (;;) {
    const page = await service.listUsers({ limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.email;
    if (page.length < PAGE) return;
  }
}

function toPublicUser({ id, email, name, disabledAt, createdAt }: UserRecord) {
  return { id, email, name: name ?? null, created_at: createdAt, disabled_at: disabledAt ?? null };
}

function formatUser({ email, name, disabledAt, createdAt }: UserRecord): string {
  const state = disabledAt === undefined ? '' : '  disabled';
  return `${email}  ${createdAt.slice(0, 10)}${name === undefined ? '' : `  ${name}`}${state}`;
}
