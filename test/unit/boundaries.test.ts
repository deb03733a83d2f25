import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files that break a rule, each with the rule that must find it. */
const PLANTED: readonly { file: string; rule: string; source: string }[] = [
  ...[
    { file: 'src/store/up.ts', target: '../chatkit/server.ts' },
    { file: 'src/store/sqlite/up.ts', target: '../../http/problem.ts' },
    { file: 'src/errors/up.ts', target: '../http/problem.ts' },
    { file: 'src/config/up.ts', target: '../observability/logger.ts' },
    { file: 'src/observability/up.ts', target: '../context.ts' },
    { file: 'src/runs/up.ts', target: '../chatkit/server.ts' },
    { file: 'src/agent/up.ts', target: '../chat/backend.ts' },
    { file: 'src/agent/tools/up.ts', target: '../../app.ts' },
    { file: 'src/transcription/up.ts', target: '../chatkit/server.ts' },
    { file: 'src/bridge/up.ts', target: '../chat/backend.ts' },
    { file: 'src/forward/up.ts', target: '../chat/server-backend.ts' },
    { file: 'src/attachments/up.ts', target: '../http/problem.ts' },
    { file: 'src/attachments/blobs/up.ts', target: '../../chatkit/server.ts' },
    { file: 'src/attachments/express.ts', target: 'express' },
    { file: 'src/chatkit/files.ts', target: '../attachments/attachments.ts' },
    { file: 'src/chatkit/up.ts', target: '../agent/agent-responder.ts' },
    { file: 'src/chatkit/operations/up.ts', target: '../../auth/users.ts' },
    { file: 'src/chatkit/express.ts', target: 'express' },
    { file: 'src/store/express.ts', target: 'express' },
    { file: 'src/widgets/up.ts', target: '../chatkit/server.ts' },
    { file: 'src/widgets/template/up.ts', target: '../../http/problem.ts' },
    { file: 'src/http/up.ts', target: '../chat/backend.ts' },
    { file: 'src/limits/up.ts', target: '../auth/users.ts' },
    { file: 'src/auth/up.ts', target: '../chat/backend.ts' },
    { file: 'src/chat/up.ts', target: '../forward/forward-backend.ts' },
    { file: 'src/chat/simple/up.ts', target: '../../store/store.ts' },
    { file: 'src/openapi/up.ts', target: '../context.ts' },
    { file: 'src/app.ts', target: './store/store.ts' },
    { file: 'src/server.ts', target: './context.ts' },
  ].map(({ file, target }) => ({
    file,
    rule: 'no-restricted-imports',
    source: `import * as up from '${target}';\nexport const used = up;\n`,
  })),
  {
    file: 'src/store/type.ts',
    rule: 'no-restricted-imports',
    source: "import type { Chat } from '../chat/backend.ts';\nexport type Used = Chat;\n",
  },
  { file: 'src/runs/floating.ts', rule: 'no-floating-promises', source: 'fetch("http://localhost");\n' },
  {
    file: 'src/runs/misused.ts',
    rule: 'no-misused-promises',
    source: 'export const on = setTimeout(async () => { await fetch("http://localhost"); }, 1);\n',
  },
  { file: 'src/runs/console.ts', rule: 'no-console', source: 'console.log("here");\n' },
  { file: 'src/runs/long.ts', rule: 'max-lines', source: '\n'.repeat(320) + 'export const last = 1;\n' },
  { file: 'src/runs/default.ts', rule: 'no-default-export', source: 'export default 1;\n' },
  {
    file: 'src/runs/cycle-a.ts',
    rule: 'no-cycle',
    source: "import { b } from './cycle-b.ts';\nexport const a = () => b;\n",
  },
  {
    file: 'src/runs/cycle-b.ts',
    rule: 'no-cycle',
    source: "import { a } from './cycle-a.ts';\nexport const b = () => a;\n",
  },
  {
    file: 'test/skipped.test.ts',
    rule: 'no-disabled-tests',
    source: "import { expect, it } from 'vitest';\nit.skip('x', () => { expect(1).toBe(1); });\n",
  },
];

/** What the layers do today and may go on doing. */
const ALLOWED: readonly { file: string; source: string }[] = [
  { file: 'src/store/down.ts', target: '../chatkit/protocol/items.ts' },
  { file: 'src/store/sqlite/down.ts', target: '../chat/rows.ts' },
  { file: 'src/widgets/down.ts', target: '../chatkit/protocol/items.ts' },
  { file: 'src/agent/down.ts', target: '../chatkit/responder.ts' },
  { file: 'src/bridge/down.ts', target: '../forward/upstream/upstream.ts' },
  { file: 'src/forward/down.ts', target: '../chat/backend.ts' },
  { file: 'src/attachments/down.ts', target: '../chatkit/attachments.ts' },
  { file: 'src/chat/down.ts', target: '../auth/principal.ts' },
  { file: 'src/auth/down.ts', target: 'express' },
].map(({ file, target }) => ({
  file,
  source: `import '${target}';
`,
}));

interface Finding {
  readonly file: string;
  readonly rule: string;
}

describe('the lint rules', () => {
  let folder: string;
  let findings: Finding[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gateway-planted-'));
    for (const { file, source } of [...PLANTED, ...ALLOWED]) {
      await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
      await writeFile(path.join(folder, file), source);
    }
    await copyFile(path.join(ROOT, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
    await copyFile(path.join(ROOT, 'tsconfig.json'), path.join(folder, 'tsconfig.json'));
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    findings = await lint(folder);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each(PLANTED)('find $rule in $file', ({ file, rule }) => {
    expect(findings).toContainEqual({ file, rule });
  });

  it.each(ALLOWED)('let $file import what it may', ({ file }) => {
    const rules = findings.filter((each) => each.file === file).map((each) => each.rule);
    expect(rules).not.toContain('no-restricted-imports');
    // It was looked at: an import for nothing is found.
    expect(rules).toContain('no-unassigned-import');
  });
});

async function lint(folder: string): Promise<Finding[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const oxlint = path.join(ROOT, 'node_modules', '.bin', 'oxlint');
  execFile(
    oxlint,
    ['--type-aware', '--format', 'json', 'src', 'test'],
    { cwd: folder, timeout: 60_000, maxBuffer: 10_000_000 },
    (error, stdout) => {
      // It exits with 1 when it finds something.
      if (stdout === '') reject(error ?? new Error('oxlint said nothing'));
      else resolve(stdout);
    },
  );
  const { diagnostics } = JSON.parse(await promise) as {
    diagnostics: { code: string; filename: string }[];
  };
  return diagnostics.map(({ code, filename }) => ({
    file: filename,
    rule: code.replace(/^.*\((.*)\)$/, '$1'),
  }));
}
