import { Option, type Command } from 'commander';
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, formatProblem } from '../../config/problem.ts';
import { createAsker } from '../ask.ts';
import { configOption, readConfiguration, type ConfigFlag } from '../configuration.ts';
import { CliError, EXIT_FAILURE, EXIT_USAGE, say, type Terminal } from '../terminal.ts';

interface DoctorFlags extends ConfigFlag {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly user?: string;
  readonly message: string;
  readonly page?: string;
  readonly idle?: number;
  readonly json?: boolean;
}

const MAX_IDLE_SECONDS = 3_600;
const MAX_MESSAGE_CHARS = 1_000;
const MAX_TOKEN_BYTES = 16_384;

export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('check a deployment from inside and outside, and say what is wrong and how to mend it')
    .addOption(configOption())
    .option('--url <url>', 'the address that browsers use (default: the gateway that runs here)')
    .addOption(
      new Option('--token-file <file>', "file with a user's access token").conflicts(['tokenStdin', 'user']),
    )
    .addOption(
      new Option('--token-stdin', "read a user's access token from standard input").conflicts('user'),
    )
    .option('--user <email>', 'sign this user in at the gateway; the password is asked for, or piped in')
    .option('--message <text>', 'what is said to see how replies come', 'Hello')
    .option('--page <url>', 'the page with the chat, to look at its Content-Security-Policy')
    .option('--idle <seconds>', 'look for cuts in replies as long as this', toIdle)
    .option('--json', 'write JSON')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => {
      await diagnose(flags, terminal);
    });
}

const HELP = `
It reads, and sends the message: twice to the service behind (the second reply is left in the middle) and twice through
the gateway, where it may. These conversations stay, and a model behind them may cost what two short replies cost.
The exit code is 1 when a check fails.`;

function toIdle(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_IDLE_SECONDS) return seconds;
  throw new CliError(`--idle must be a number of seconds up to ${MAX_IDLE_SECONDS}`, EXIT_USAGE);
}

async function diagnose(flags: DoctorFlags, terminal: Terminal): Promise<void> {
  const url = flags.url === undefined ? undefined : toBaseUrl(flags.url);
  if (flags.page !== undefined && !/^https?:$/.test(URL.parse(flags.page)?.protocol ?? '')) {
    throw new CliError('--page must be an address such as https://app.example.com/chat', EXIT_USAGE);
  }
  if (flags.message.trim() === '' || flags.message.length > MAX_MESSAGE_CHARS) {
    throw new CliError(`--message must have 1 to ${MAX_MESSAGE_CHARS} characters`, EXIT_USAGE);
  }
  const [{ examine }, { formatResults }, { loaded, problems }, givenToken, user] = await Promise.all([
    import('./examine.ts'),
    import('./report.ts'),
    load(flags, terminal),
    readToken(flags, terminal),
    readUser(flags, terminal),
  ]);
  const idleMs = flags.idle === undefined ? undefined : flags.idle * 1000;
  const { message, page } = flags;
  const results = await examine({ loaded, problems, url, givenToken, user, message, page, idleMs });
  const colour = 'isTTY' in terminal.stdout && terminal.stdout.isTTY === true && !terminal.env['NO_COLOR'];
  const failures = results.filter(({ status }) => status === 'fail').length;
  say(
    terminal.stdout,
    flags.json === true
      ? JSON.stringify({ ok: failures === 0, checks: results }, null, 2)
      : formatResults(results, { colour }),
  );
  if (failures > 0)
    throw new CliError(`${failures === 1 ? 'a check' : `${failures} checks`} failed`, EXIT_FAILURE);
}

function toBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new CliError('--url must be an address such as https://chat.example.com', EXIT_USAGE);
  }
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

async function load(
  flags: DoctorFlags,
  terminal: Terminal,
): Promise<{ readonly loaded: LoadedConfig | undefined; readonly problems: readonly string[] }> {
  try {
    return { loaded: await readConfiguration(flags, terminal), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { loaded: undefined, problems: error.problems.map(formatProblem) };
  }
}

async function readToken(flags: DoctorFlags, terminal: Terminal): Promise<string | undefined> {
  if (flags.tokenStdin === true) return requireToken(await createAsker(terminal).hidden('Access token: '));
  if (flags.tokenFile === undefined) return undefined;
  const { readText } = await import('../../config/yaml-file.ts');
  const text = await readText(flags.tokenFile, MAX_TOKEN_BYTES);
  if (typeof text !== 'string') throw new CliError(`${flags.tokenFile} ${text.failure}`, EXIT_USAGE);
  return requireToken(text);
}

function requireToken(text: string): string {
  if (text.trim() !== '') return text.trim();
  throw new CliError('the token is empty', EXIT_USAGE);
}

async function readUser({ user }: DoctorFlags, terminal: Terminal) {
  if (user === undefined) return undefined;
  const password = await createAsker(terminal).hidden(`Password of ${user}: `);
  if (password === '')
    throw new CliError('no password came: pipe it in, or run this on a terminal', EXIT_USAGE);
  return { email: user, password };
}
