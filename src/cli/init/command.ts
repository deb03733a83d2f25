import { link, rename, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { createAsker } from '../ask.ts';
import { CliError, EXIT_USAGE, say, toLine, type Terminal } from '../terminal.ts';
import type { Findings } from './findings.ts';

interface InitFlags {
  readonly upstream: string;
  readonly output: string;
  readonly force?: boolean;
  readonly user?: string;
  readonly chatPath?: string;
  readonly loginPath?: string;
  readonly json?: boolean;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_REQUESTS = 60;

export function addInit(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .description('look at a service and write a configuration that fits it')
    .requiredOption('-u, --upstream <url>', 'base address of the service, such as http://127.0.0.1:8000')
    .option('-o, --output <file>', 'the file to write', 'gateway.yaml')
    .option('-f, --force', 'overwrite the file')
    .option('--user <name>', 'a user of the service; the password is asked for, or piped in')
    .option('--chat-path <path>', 'the chat endpoint, where it cannot be found')
    .option('--login-path <path>', 'the sign-in endpoint, where it cannot be found')
    .option('--json', 'say what was found as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: InitFlags) => {
      await initialise(flags, terminal);
    });
}

const HELP = `
It reads the description of the service, signs a user in where a token is needed, lists threads where ChatKit may be
spoken, and sends two short messages to the chat endpoint. Nothing else is sent, and nothing is deleted.

Piped in, one line each: the password (or the key of the service), then the secret that signs its tokens, which may be
left out:  printf '%s\\n' "$PASSWORD" "$SECRET_KEY" | chatkit-gateway init --upstream … --user …`;

async function initialise(flags: InitFlags, terminal: Terminal): Promise<void> {
  const upstream = toBaseUrl(flags.upstream);
  for (const named of [flags.chatPath, flags.loginPath]) requirePath(named);
  const file = path.resolve(terminal.cwd, flags.output);
  if (flags.force !== true) await requireAbsent(file, flags.output);
  const [{ createProbe }, { explore }, { toSections }, { toYaml }, { formatFindings }] = await Promise.all([
    import('../../probe/http.ts'),
    import('./explore.ts'),
    import('./settings.ts'),
    import('./to-yaml.ts'),
    import('./report.ts'),
  ]);
  await using probe = createProbe({
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    maxRequests: MAX_REQUESTS,
  });
  const findings = await explore({
    probe,
    asker: createAsker(terminal),
    upstream,
    chatPath: flags.chatPath,
    loginPath: flags.loginPath,
    user: flags.user,
    secret: await secretOfEnvironment(terminal),
    say: (text) => say(terminal.stderr, toLine(text)),
  });
  await writeChecked(file, toYaml(upstream, toSections(findings)), flags, { terminal, findings });
  if (flags.json === true) {
    say(terminal.stdout, JSON.stringify(toJson(findings, file, probe.sent), null, 2));
    return;
  }
  say(terminal.stdout, `\n${formatFindings(findings)}\n`);
  say(terminal.stdout, `Wrote ${flags.output}. Next: chatkit-gateway start --config ${flags.output}`);
}

function toBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError('--upstream must be an address such as http://127.0.0.1:8000', EXIT_USAGE);
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new CliError('--upstream must be a plain address: no user, no query, no fragment', EXIT_USAGE);
  }
  return `${url.origin}${url.pathname.replace(/\/(docs|openapi\.json)?\/?$/, '')}`;
}

function requirePath(named: string | undefined): void {
  if (named === undefined || /^\/[^\s?#{}]*$/.test(named)) return;
  throw new CliError(`${named} must be a path such as /chat`, EXIT_USAGE);
}

async function requireAbsent(file: string, shown: string): Promise<void> {
  try {
    await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  throw fileExists(shown);
}

function fileExists(shown: string): CliError {
  return new CliError(
    `${shown} exists already and was not touched: name another file with --output, or overwrite it with --force`,
    EXIT_USAGE,
  );
}

/** What the environment would give a gateway that is started from this shell. */
async function secretOfEnvironment({ env }: Terminal): Promise<string | undefined> {
  const [{ readEnvironment }, { configSchema }] = await Promise.all([
    import('../../config/environment.ts'),
    import('../../config/schema.ts'),
  ]);
  const { assignments } = await readEnvironment(configSchema, env);
  const value = assignments.find((each) => each.path.join('.') === 'auth.issuers.0.secret')?.value;
  return typeof value === 'string' ? value : undefined;
}

/** Only a file that the gateway would take is put in its place, whole or not at all. */
async function writeChecked(
  file: string,
  text: string,
  flags: InitFlags,
  { terminal, findings }: { readonly terminal: Terminal; readonly findings: Findings },
): Promise<void> {
  const { loadConfig } = await import('../../config/load.ts');
  const temporary = `${file}.${process.pid}.tmp`;
  // It can hold a secret.
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  try {
    await loadConfig({ configPath: temporary, env: withSecret(terminal.env, findings), cwd: terminal.cwd });
    if (flags.force === true) await rename(temporary, file);
    else await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw fileExists(flags.output);
    throw error;
  } finally {
    await unlink(temporary).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }
}

/** A secret that is to come from the environment later stands in for itself here. */
function withSecret(env: Terminal['env'], { users }: Findings): Terminal['env'] {
  const { GATEWAY_CONFIG: _named, ...rest } = env;
  if (users === undefined || users.secret.kind !== 'missing') return rest;
  if (users.token.algorithm.startsWith('HS')) {
    return { ...rest, GATEWAY_AUTH_ISSUERS_0_SECRET: crypto.randomUUID().repeat(2) };
  }
  return users.jwksUrl === undefined
    ? { ...rest, GATEWAY_AUTH_ISSUERS_0_JWKS_URL: 'https://keys.example.com/jwks.json' }
    : rest;
}

function toJson(findings: Findings, file: string, sent: readonly unknown[]): unknown {
  const { chat, users, key, chatKitPath, routes, doubts, upstream } = findings;
  return {
    file,
    upstream,
    chatkit: chatKitPath ?? null,
    chat:
      chat === undefined
        ? null
        : {
            method: chat.candidate.method,
            path: chat.candidate.path,
            why: chat.candidate.why,
            format: chat.recognition.format,
            content: chat.recognition.content ?? null,
            reading: chat.recognition.why,
            conversation: chat.conversation,
          },
    sign_in: users?.signedIn?.endpoints ?? null,
    token: users === undefined ? null : { algorithm: users.token.algorithm, secret: users.secret.kind },
    key_header: key?.header ?? null,
    routes: routes.routes,
    doubts,
    sent,
  };
}
