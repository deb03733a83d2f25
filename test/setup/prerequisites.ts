import { withLock } from './lock.ts';
import { preparePackages } from './packages.ts';
import { preparePython } from './python.ts';
import { prepareProgram } from './program.ts';

/**
 * Runs once before the tests: finds what they need, installs what is missing and says so. Where it may not
 * install, it fails with the one line to run by hand, because a test that is skipped proves nothing.
 */
export default async function prepare(): Promise<void> {
  await withLock('test-setup', async () => {
    await preparePackages();
    await preparePython();
    await prepareProgram();
  });
}
