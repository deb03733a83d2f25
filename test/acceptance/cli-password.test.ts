import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BIN, createFolder, runBuilt, runProcess, type RunningProgram } from '../support/program.ts';
import { pythonPath } from '../support/python.ts';

const ON_TERMINAL = fileURLToPath(new URL('../support/on_terminal.py', import.meta.url));

async function addOnTerminal(): Promise<{ program: RunningProgram; users: () => Promise<string> }> {
  const cwd = await createFolder();
  const program = runProcess(
    [pythonPath(), ON_TERMINAL, process.execPath, BIN, 'users', 'add', 'ann@example.com'],
    {
      cwd,
    },
  );
  await program.waitFor(/Password: $/);
  return {
    program,
    async users() {
      const list = runBuilt(['users', 'list'], { cwd });
      await list.exited;
      return list.stdout();
    },
  };
}

describe('a password at a terminal', () => {
  it('is typed twice and never shown', async () => {
    const { program, users } = await addOnTerminal();
    // A typing error that is taken back, and a line that is begun again.
    program.write('wrong\u0015a long passwortt\u007f\u007fd\r');
    await program.waitFor(/Once more: $/);
    program.write('a long password\r');
    await program.waitFor(/Added ann@example\.com\./);
    expect(await program.exited).toBe(0);
    expect(program.stdout()).not.toContain('long');
    expect(await users()).toContain('ann@example.com');
  });

  it('must be the same both times', async () => {
    const { program, users } = await addOnTerminal();
    program.write('a long password\r');
    await program.waitFor(/Once more: $/);
    program.write('another password\r');
    expect(await program.exited).toBe(1);
    expect(program.stdout()).toContain('the two passwords differ; nothing was changed');
    expect(await users()).toContain('There are no users.');
  });

  it.each([
    ['Ctrl-C', '\u0003', 130],
    ['Ctrl-D', '\u0004', 2],
  ])('is given up with %s', async (_, key, exitCode) => {
    const { program, users } = await addOnTerminal();
    program.write(`abc${key}`);
    expect(await program.exited).toBe(exitCode);
    expect(program.stdout()).not.toContain('abc');
    expect(await users()).toContain('There are no users.');
  });
});
