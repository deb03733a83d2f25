import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDefaultYaml, createJsonSchema } from './config-documents.ts';

const FOLDER = fileURLToPath(new URL('../config', import.meta.url));

const FILES = { 'gateway.schema.json': await createJsonSchema(), 'default.yaml': await createDefaultYaml() };

for (const [name, wanted] of Object.entries(FILES)) {
  const file = path.join(FOLDER, name);
  if (!process.argv.includes('--check')) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(file, wanted);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
    console.error(`config/${name} is not what the schema says; run "npm run generate"`);
    process.exitCode = 1;
  }
}
