import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The interpreter of the test environment, which the set-up of the test run prepares. */
export function pythonPath(): string {
  const path = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
  if (!existsSync(path)) {
    throw new Error(
      'The Python environment is missing: python3 -m venv .venv && .venv/bin/pip install -r test/requirements.txt',
    );
  }
  return path;
}
