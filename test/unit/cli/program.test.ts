import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from './support.ts';

describe('the command line', () => {
  it('prints help', async () => {
    const { run } = await openWorkplace();
    const help = await run(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    for (const command of ['start', 'check-config', 'users']) expect(help.stdout).toContain(command);
    const users = await run(['users', '--help']);
    expect(users.exitCode).toBe(0);
    for (const command of ['add', 'list', 'disable', 'enable', 'password'])
      expect(users.stdout).toContain(command);
  });

  it('prints its version', async () => {
    const { run } = await openWorkplace();
    expect(await run(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    [[], 'Usage: chatkit-gateway'],
    [['users'], 'Usage: chatkit-gateway users'],
    [['strat'], "unknown command 'strat'\n(Did you mean start?)"],
    [['start', '--prot', '1'], "unknown option '--prot'"],
    [['start', '--config'], "option '-c, --config <file>' argument missing"],
    [['start', 'extra'], 'too many arguments'],
    [['users', 'add'], "missing required argument 'email'"],
    [['users', 'ad', 'a@example.com'], "unknown command 'ad'"],
  ])('refuses %j with one message and exit code 2', async (argv, message) => {
    const { run } = await openWorkplace();
    const outcome = await run(argv);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });
});

describe('check-config', () => {
  it('says what is valid, and where it comes from', async () => {
    const { folder, run } = await openWorkplace({ GATEWAY_SERVER_PORT: '1234' });
    const file = path.join(folder, 'gateway.yaml');
    await writeFile(file, 'server: { host: 0.0.0.0 }');
    const outcome = await run(['check-config', '--config', 'gateway.yaml']);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stdout).toContain(`${file}, then GATEWAY_STORE_URL, GATEWAY_SERVER_PORT`);
    expect(outcome.stderr).toContain('warning: auth.local.demoUser: a demo user');
  });

  it.each(['check-config', 'start', 'users list'])(
    '%s reports every problem and exits with 2',
    async (command) => {
      const { folder, run } = await openWorkplace({ GATEWAY_LOG_LEVEL: 'loud' });
      await writeFile(path.join(folder, 'gateway.yaml'), 'server: { prt: 1, port: x }');
      const outcome = await run([...command.split(' '), '-c', 'gateway.yaml']);
      expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
      expect(outcome.stderr).toBe(
        [
          'chatkit-gateway: the configuration has 3 problems:',
          '  GATEWAY_LOG_LEVEL: log.level: must be one of trace, debug, info, warn, error, but is "loud"',
          '  gateway.yaml:1:11: server.prt: this key does not exist; did you mean server.port?',
          '  gateway.yaml:1:19: server.port: must be a whole number from 0 to 65535, but is "x"',
          '',
        ].join('\n'),
      );
    },
  );

  it('says that a file is not there', async () => {
    const { run } = await openWorkplace();
    expect(await run(['check-config', '-c', 'nowhere.yaml'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'chatkit-gateway: the configuration has a problem:\n  nowhere.yaml: does not exist\n',
    });
  });
});
