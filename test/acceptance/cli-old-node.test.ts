import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, createFolder, runProcess, type RunningProgram } from '../support/program.ts';

/** Runs the program under a Node that says it is version 20, with a stand-in for npm's download. */
async function runUnderOldNode(npx: string, args: readonly string[], env = {}): Promise<RunningProgram> {
  const cwd = await createFolder();
  const old = path.join(cwd, 'old.cjs');
  await writeFile(
    old,
    `Object.defineProperty(process, 'version', { value: 'v20.1.0' });
     Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });`,
  );
  await writeFile(path.join(cwd, 'npx'), `#!/bin/sh\n${npx}\n`);
  await chmod(path.join(cwd, 'npx'), 0o755);
  return runProcess([process.execPath, '--require', old, BIN, ...args], {
    cwd,
    env: {
      PATH: `${cwd}:${process.env['PATH']}`,
      GATEWAY_SERVER_PORT: '0',
      GATEWAY_SERVER_ADMIN_PORT: '0',
      ...env,
    },
  });
}

describe('under a Node that is too old', () => {
  // The stand-in answers with a link, because npm gives a path that differs from the Node that runs.
  const FETCHED = `echo "$@" >npx-arguments; ln -s "${process.execPath}" node24; echo "$PWD/node24"`;

  it('fetches one through npm, says so, and goes on under it', async () => {
    const program = await runUnderOldNode(FETCHED, ['users', 'add', 'ann@example.com']);
    program.end('a long password\n');
    expect(await program.exited).toBe(0);
    expect(program.stderr()).toBe(
      "chatkit-gateway: this machine's Node is v20.1.0; fetching Node 24 through npm, once\n",
    );
    expect(program.stdout()).toBe('Added ann@example.com.\n');
  });

  it('passes arguments and the exit code on', async () => {
    const program = await runUnderOldNode(FETCHED, ['start', '--prot', '1']);
    expect(await program.exited).toBe(2);
    expect(program.stderr()).toContain("unknown option '--prot'");
  });

  it('passes signals on', async () => {
    const program = await runUnderOldNode(FETCHED, ['start']);
    await program.waitFor(/"msg":"ready"/);
    program.kill('SIGTERM');
    expect(await program.exited).toBe(0);
    expect(program.stdout()).toContain('"msg":"shut down"');
  });

  it.each([
    ['fails', 'echo "npm error network is unreachable" >&2; exit 1', '(npm error network is unreachable)'],
    ['says nothing', 'exit 0', ''],
    ['gives the same Node', `echo "${process.execPath}"`, ''],
  ])('says what to install when npm %s', async (_, npx, reason) => {
    const program = await runUnderOldNode(npx, ['start']);
    expect(await program.exited).toBe(1);
    const [, message = '', ...rest] = program.stderr().trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(message).toContain(
      `chatkit-gateway: Node 24 could not be fetched${reason === '' ? ';' : ` ${reason};`}`,
    );
    expect(message).toContain('install Node 24 or later');
  });

  it('does not fetch for ever', async () => {
    const program = await runUnderOldNode(FETCHED, ['start'], { CHATKIT_GATEWAY_REEXECUTED: '1' });
    expect(await program.exited).toBe(1);
    expect(program.stderr()).toBe('chatkit-gateway: this needs Node 24 or later, and this is v20.1.0\n');
  });
});
