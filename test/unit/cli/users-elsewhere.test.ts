import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { EXIT_USAGE } from '../../../src/cli/terminal.ts';

const COMMANDS = [
  ['users', 'list'],
  ['users', 'add', 'ada@example.com'],
  ['users', 'disable', 'ada@example.com'],
  ['users', 'enable', 'ada@example.com'],
  ['users', 'password', 'ada@example.com'],
];

it.each(COMMANDS)('%s %s is refused where the service keeps the users', async (...argv) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-users-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stderr = new PassThrough();
  const issuers = [{ algorithms: ['HS256'], secret: 'hZ3vTq8mW1xY6uRb0cKd4nLe7sGf2aPj' }];
  const exitCode = await runProgram(argv, {
    stdin: Readable.from([Buffer.from('correct horse battery staple\n')]),
    stdout: new PassThrough(),
    stderr,
    env: { GATEWAY_AUTH_MODE: 'jwt', GATEWAY_AUTH_ISSUERS: JSON.stringify(issuers) },
    cwd: folder,
  });
  expect(exitCode).toBe(EXIT_USAGE);
  expect(String(stderr.read())).toContain('auth.mode is jwt: the users are those of the service');
});
