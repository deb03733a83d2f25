import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSigningKey } from '../../../src/auth/signing-key.ts';

let folder: string;
let lines: string[];
const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signing-key-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = (keyFile = join(folder, 'deep', 'key.json')) => openSigningKey({ keyFile, logger });

describe('signing key', () => {
  it('is made once, readable by its owner only, and is the same after a restart', async () => {
    const first = await open();
    const second = await open();
    expect(second.publicJwk).toEqual(first.publicJwk);
    expect((await stat(join(folder, 'deep', 'key.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'deep'))).toEqual(['key.json']);
  });

  it('is one key for processes that start together', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(new Set(keys.map((key) => key.kid)).size).toBe(1);
    expect(await readdir(join(folder, 'deep'))).toEqual(['key.json']);
  });

  it('publishes nothing private', async () => {
    const { publicJwk, kid } = await open();
    expect(publicJwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.stringMatching(/^[\w-]{43}$/),
      kid,
      alg: 'EdDSA',
      use: 'sig',
    });
  });

  it('A56: logs nothing private', async () => {
    await open();
    const { d } = JSON.parse(await readFile(join(folder, 'deep', 'key.json'), 'utf8')) as { d: string };
    expect(lines.join('')).toContain('made a signing key');
    expect(lines.join('')).not.toContain(d);
  });

  it('warns when others can read the file', async () => {
    await open();
    await chmod(join(folder, 'deep', 'key.json'), 0o644);
    lines = [];
    await open();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, mode: '644' });
  });

  it.each([
    ['no JSON', 'secret{', 'is not JSON'],
    ['another kind of key', '{"kty":"RSA","n":"secret"}', 'is not a private Ed25519 key'],
    [
      'a public key only',
      `{"kty":"OKP","crv":"Ed25519","x":"${'secret'.padEnd(43, 'A')}"}`,
      'is not a private',
    ],
    [
      'parts of two keys',
      `{"kty":"OKP","crv":"Ed25519","x":"${'secret'.padEnd(43, 'A')}","d":"${'secret'.padEnd(43, 'A')}"}`,
      'has a public part that does not belong',
    ],
  ])('is refused with a clear message when the file holds %s', async (_name, content, message) => {
    const keyFile = join(folder, 'key.json');
    await writeFile(keyFile, content, { mode: 0o600 });
    const error = await open(keyFile).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'SigningKeyError' });
    expect((error as Error).message).toContain(`auth.local.keyFile: ${keyFile} ${message}`);
    expect(`${(error as Error).stack} ${String((error as Error).cause)}`).not.toContain('secret');
  });

  it('says what is wrong when the file cannot be read or made', async () => {
    await expect(open(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/);
    await writeFile(join(folder, 'file'), '');
    await expect(open(join(folder, 'file', 'key.json'))).rejects.toThrow(/cannot be (read|made) \(ENOTDIR\)/);
  });
});
