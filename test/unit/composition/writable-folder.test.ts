import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireWritableFolder } from '../../../src/composition/writable-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'gateway-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

it('makes the folder and leaves nothing in it', async () => {
  const folder = path.join(root, 'a', 'b');
  await requireWritableFolder(folder, ['x']);
  expect(await readdir(folder)).toEqual([]);
});

it('says which setting names a folder that cannot be written to, and why', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  const setting = ['attachments', 'directory'];
  await expect(requireWritableFolder(path.join(file, 'below'), setting)).rejects.toMatchObject({
    name: 'SettingError',
    path: setting,
    message: expect.stringMatching(/below cannot be written to \((ENOTDIR|EEXIST)\)$/),
  });
});
