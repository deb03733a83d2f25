import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createContract, toYaml } from './contract.ts';

const FILE = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

const wanted = toYaml(createContract());
if (!process.argv.includes('--check')) await writeFile(FILE, wanted);
else if ((await readFile(FILE, 'utf8')) !== wanted) {
  process.stderr.write('openapi.yaml is not what the schemas say; run "npm run generate"\n');
  process.exitCode = 1;
}
