import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { within } from '../chatkit/within.ts';
import { SettingError } from '../config/setting-error.ts';

/** A disk that takes longer would hold up every upload. */
const PROBE_MS = 5_000;

/** Makes a folder and writes to it, so that a start tells what the first upload would have met. @throws SettingError */
export async function requireWritableFolder(folder: string, setting: readonly string[]): Promise<void> {
  const probe = path.join(folder, `.probe-${randomBytes(8).toString('hex')}`);
  const write = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, '');
    await rm(probe);
    return true;
  };
  let isWritable: boolean | undefined;
  try {
    isWritable = await within(write(), PROBE_MS);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SettingError(setting, `${folder} cannot be written to (${why})`, { cause: error });
  }
  if (isWritable !== true) {
    throw new SettingError(setting, `${folder} did not take a file within ${PROBE_MS / 1000} seconds`);
  }
}
