import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/problem.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { addCheckConfig } from './check-config.ts';
import { addDoctor } from './doctor/command.ts';
import { addInit } from './init/command.ts';
import { addStart } from './start.ts';
import { CliError, EXIT_FAILURE, EXIT_OK, EXIT_USAGE, say, type Terminal } from './terminal.ts';
import { addUsers } from './users.ts';

const NAME = 'chatkit-gateway';

/** Runs one command and gives its exit code. Every failure is one message on standard error. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    return report(error, terminal);
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command(NAME)
    .description('A backend for frontend for ChatKit chat interfaces.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError(`("${NAME} --help" lists the commands and options)`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  addStart(program, terminal);
  addCheckConfig(program, terminal);
  addInit(program, terminal);
  addDoctor(program, terminal);
  addUsers(program, terminal);
  return program;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function report(error: unknown, terminal: Terminal): number {
  // Commander has already said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof ConfigError) {
    say(terminal.stderr, `${NAME}: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof CliError) {
    say(terminal.stderr, `${NAME}: ${error.message}`);
    return error.exitCode;
  }
  say(terminal.stderr, `${NAME}: ${describeFailure(error)}`);
  return EXIT_FAILURE;
}

/** Errors that know what to say to an operator. Anything else is a defect, and its stack is what helps. */
const OPERATOR_ERRORS = new Set(['ListenError', 'SigningKeyError', 'StoreOpenError']);

function describeFailure(error: unknown): string {
  if (error instanceof GatewayError) {
    const reason = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return (error.detail ?? error.title) + reason;
  }
  if (!(error instanceof Error)) return String(error);
  if (OPERATOR_ERRORS.has(error.name) || 'syscall' in error) return error.message;
  return `unexpected failure\n${error.stack ?? error.message}`;
}
