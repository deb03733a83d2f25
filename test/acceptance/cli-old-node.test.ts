import { chmod, cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFolder, runProcess, type RunningProgram } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Installation {
  readonly folder: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): RunningProgram;
}

/** The program under a Node that says it is version 20, with a stand-in for npm's download. */
async function install(npx: string): Promise<Installation> {
  const folder = await createFolder();
  for (const name of ['dist', 'package.json', 'openapi.yaml']) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const old = path.join(folder, 'old.cjs');
  await writeFile(
    old,
    `Object.defineProperty(process, 'version', { value: 'v20.1.0' });
     Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });`,
  );
  await writeFile(path.join(folder, 'npx'), `#!/bin/sh\n${npx}\n`);
  await chmod(path.join(folder, 'npx'), 0o755);
  return {
    folder,
    run: (args, env = {}) =>
      runProcess([process.execPath, '--require', old, 'dist/cli/bin.js', ...args], {
        cwd: folder,
        env: {
          PATH: `${folder}:${process.env['PATH']}`,
          GATEWAY_SERVER_PORT: '0',
          GATEWAY_SERVER_ADMIN_PORT: '0',
          ...env,
        },
      }),
  };
}

const runUnderOldNode = async (npx: string, args: readonly string[], env = {}) =>
  (await install(npx)).run(args, env);

describe('under a Node that is too old', () => {
  // The stand-in answers with a link, because npm gives a path that differs from the Node that runs.
  const FETCHED = `echo "$@" >>npx-arguments; ln -sf "${process.execPath}" node24; echo "$PWD/node24"`;

  it('fetches one through npm, says so, and goes on under it', async () => {
    const program = await runUnderOldNode(FETCHED, ['users', 'add', 'ann@example.com']);
    program.end('a long password\n');
    expect(await program.exited).toBe(0);
    expect(program.stderr()).toBe(
      "chatkit-gateway: this machine's Node is v20.1.0; fetching Node 24 through npm, once\n",
    );
    expect(program.stdout()).toBe('Added ann@example.com.\n');
  });

  it('fetches it once, and again when npm has cleaned it away', async () => {
    const { folder, run } = await install(FETCHED);
    const notices = async () => {
      const program = run(['--version']);
      expect(await program.exited).toBe(0);
      return program.stderr().split('fetching').length - 1;
    };
    expect([await notices(), await notices()]).toEqual([1, 0]);
    const line = `--yes --package=node-${process.platform}-${process.arch}@24 -c node -p process.execPath\n`;
    expect(await readFile(path.join(folder, 'npx-arguments'), 'utf8')).toBe(line);
    await writeFile(path.join(folder, '.cache', 'node-24-path'), path.join(folder, 'gone'));
    expect([await notices(), await notices()]).toEqual([1, 0]);
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
