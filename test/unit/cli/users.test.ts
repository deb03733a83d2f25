import { describe, expect, it } from 'vitest';
import { openWorkplace } from './support.ts';

describe('users', () => {
  it('are added, listed, disabled, enabled, and given another password', async () => {
    const { run } = await openWorkplace();
    expect((await run(['users', 'list'])).stdout).toContain('There are no users.');
    expect(await run(['users', 'list', '--json'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });

    const added = await run(['users', 'add', ' Ann@Example.com ', '--name', 'Ann'], 'a long password\n');
    expect(added).toEqual({ exitCode: 0, stdout: 'Added ann@example.com.\n', stderr: '' });
    await run(['users', 'add', 'bob@example.com'], 'another password');
    expect(await run(['users', 'disable', 'ANN@example.com'])).toMatchObject({ exitCode: 0 });

    const lines = (await run(['users', 'list', '--json'])).stdout.trimEnd().split('\n');
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        id: expect.stringMatching(/^usr_/),
        email: 'ann@example.com',
        name: 'Ann',
        created_at: at,
        disabled_at: at,
      },
      {
        id: expect.stringMatching(/^usr_/),
        email: 'bob@example.com',
        name: null,
        created_at: at,
        disabled_at: null,
      },
    ]);
    expect((await run(['users', 'list'])).stdout).toMatch(
      /^ann@example.com .* Ann +disabled\nbob@example.com /,
    );

    expect(await run(['users', 'enable', 'ann@example.com'])).toMatchObject({ exitCode: 0 });
    expect((await run(['users', 'list'])).stdout).not.toContain('disabled');
    expect(await run(['users', 'password', 'ann@example.com'], 'a new password\r\n')).toEqual({
      exitCode: 0,
      stdout: 'Changed the password of ann@example.com.\n',
      stderr: '',
    });
  });

  it('are listed however many they are', async () => {
    const { run } = await openWorkplace();
    const { openStore } = await import('../../../src/store/open-store.ts');
    const { pino } = await import('pino');
    const { folder } = await openWorkplace();
    const url = `sqlite:${folder}/many.db`;
    {
      await using store = await openStore({
        url,
        poolSize: 1,
        timeoutMs: 1000,
        logger: pino({ enabled: false }),
      });
      for (let at = 0; at < 1_003; at++) {
        await store.users.createUser({
          id: `usr_${at}`,
          email: `user${String(at).padStart(4, '0')}@example.com`,
          passwordHash: 'x',
          createdAt: new Date(0).toISOString(),
        });
      }
    }
    const many = await openWorkplace({ GATEWAY_STORE_URL: url });
    const emails = (await many.run(['users', 'list'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(emails).toHaveLength(1_003);
    expect(new Set(emails).size).toBe(1_003);
    expect((await run(['users', 'list'])).exitCode).toBe(0);
  });

  it.each([
    [
      'a user that there is already',
      ['users', 'add', 'ann@example.com'],
      'a long password',
      1,
      'There is a user ann@example.com already.',
    ],
    [
      'an address that is none',
      ['users', 'add', 'ann'],
      'a long password',
      1,
      'The email is not an e-mail address.',
    ],
    [
      'a short password',
      ['users', 'add', 'b@example.com'],
      'short',
      1,
      'The password has fewer than 8 characters.',
    ],
    ['no password', ['users', 'add', 'b@example.com'], '', 2, 'no password came on standard input'],
    ['an empty line', ['users', 'add', 'b@example.com'], '\n', 2, 'no password came on standard input'],
    [
      'two lines',
      ['users', 'add', 'b@example.com'],
      'one line\nanother\n',
      2,
      'the password on one line and nothing else',
    ],
    [
      'too much',
      ['users', 'add', 'b@example.com'],
      'x'.repeat(10_000),
      2,
      'the password on standard input is too long',
    ],
    ['nobody to disable', ['users', 'disable', 'x@example.com'], '', 1, 'There is no user x@example.com.'],
    ['nobody to enable', ['users', 'enable', 'x@example.com'], '', 1, 'There is no user x@example.com.'],
    [
      'nobody to give a password',
      ['users', 'password', 'x@example.com'],
      'a long password',
      1,
      'There is no user x@example.com.',
    ],
  ])('%s: one message, and nothing changes', async (_, argv, input, exitCode, message) => {
    const { run } = await openWorkplace();
    await run(['users', 'add', 'ann@example.com'], 'a long password');
    const before = await run(['users', 'list', '--json']);
    const outcome = await run(argv, input);
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(outcome.stderr).toContain(`chatkit-gateway: ${message}`.slice(0, 17));
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await run(['users', 'list', '--json'])).toEqual(before);
  });

  it.each(['add', 'password'])(
    '%s takes no password as an argument, and does not repeat it',
    async (command) => {
      const { run } = await openWorkplace();
      const outcome = await run(['users', command, 'ann@example.com', 'geheim-geheim'], 'a long password');
      expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
      expect(outcome.stderr).toContain('never from an argument');
      expect(outcome.stderr).not.toContain('geheim');
    },
  );

  it('say that the database cannot be reached, without its password', async () => {
    const { run } = await openWorkplace({
      GATEWAY_STORE_URL: 'postgres://gateway:geheim@127.0.0.1:1/gateway',
    });
    const outcome = await run(['users', 'list']);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^chatkit-gateway: cannot open the database .*ECONNREFUSED.*\n$/);
    expect(outcome.stderr).not.toContain('geheim');
  });
});
