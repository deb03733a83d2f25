import { stat } from 'node:fs/promises';
import { fail, NO_CONFIG, ok, skipped, warn, type Check } from '../check.ts';

export const signingKeyCheck: Check = {
  id: 'signing-key',
  async run({ config }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    const { keyFile } = config.auth.local;
    const [{ openSigningKey }, { pino }] = await Promise.all([
      import('../../../auth/signing-key.ts'),
      import('pino'),
    ]);
    try {
      const { mode } = await stat(keyFile);
      const { kid } = await openSigningKey({ keyFile, logger: pino({ enabled: false }) });
      if ((mode & 0o077) === 0) return [ok(`${keyFile} can be read (key ${kid.slice(0, 8)}…)`)];
      return [warn(`${keyFile} can be read by other users of this machine`, `chmod 600 ${keyFile}`)];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return [ok(`${keyFile} does not exist yet; the first start makes it`)];
      }
      const reason = error instanceof Error ? error.message : String(error);
      return [
        fail(reason, 'Restore the file, or remove it: then a new key is made, and everybody signs in again.'),
      ];
    }
  },
};
