import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { round } from './stats.ts';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const WARM_UP_SHARE = 0.4;
const WAITING = new Set(['(idle)', '(root)']);

/** The newest profile of a folder that `--cpu-prof-dir` named. */
export async function readProfile(folder: string): Promise<CpuProfile> {
  const file = (await readdir(folder))
    .filter((name) => name.endsWith('.cpuprofile'))
    .sort()
    .at(-1);
  if (file === undefined) throw new Error('the process left no profile');
  return JSON.parse(await readFile(path.join(folder, file), 'utf8')) as CpuProfile;
}

/** `src/runs/run.js`, `openai/streaming.mjs`, `node:internal/…` */
function shortUrl(url: string): string {
  const packagePath = /\/node_modules\/(?!.*\/node_modules\/)(.*)$/.exec(url)?.[1];
  if (packagePath !== undefined) return packagePath;
  return /\/dist\/(.*)$/.exec(url)?.[1]?.replace(/^/, 'src/') ?? url;
}

/** The package, the folder of src, or the part of Node that a function belongs to. */
function areaOf({ callFrame }: Node): string {
  const { url, functionName } = callFrame;
  if (url === '') return functionName.startsWith('(') ? functionName : 'native code';
  const short = shortUrl(url);
  if (short.startsWith('node:')) return short.split('/').slice(0, 3).join('/');
  const depth = short.startsWith('@') || short.startsWith('src/') ? 2 : 1;
  return short.split('/').slice(0, depth).join('/');
}

function nameOf({ callFrame }: Node): string {
  const { url, functionName, lineNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${shortUrl(url)}:${lineNumber + 1}`;
}

function add(totals: Map<string, number>, key: string, micros: number): void {
  totals.set(key, (totals.get(key) ?? 0) + micros);
}

/** Shares of the busy time, largest first. */
export function summariseProfile(profile: CpuProfile, limit: number) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])),
  );
  const self = new Map<string, number>();
  const areas = new Map<string, number>();
  const inclusive = new Map<string, number>();
  const wholeMicros = profile.timeDeltas.reduce((sum, micros) => sum + micros, 0);
  let elapsed = 0;
  let busy = 0;
  for (const [at, id] of profile.samples.entries()) {
    const node = nodes.get(id);
    const micros = profile.timeDeltas[at] ?? 0;
    elapsed += micros;
    // Loading and compiling the code is not what a reply costs.
    if (elapsed < wholeMicros * WARM_UP_SHARE) continue;
    if (node === undefined || WAITING.has(node.callFrame.functionName)) continue;
    busy += micros;
    add(self, nameOf(node), micros);
    add(areas, areaOf(node), micros);
    const seen = new Set<string>();
    for (let up: Node | undefined = node; up !== undefined; up = nodes.get(parents.get(up.id) ?? -1)) {
      if (up.callFrame.url !== '') seen.add(nameOf(up));
    }
    for (const name of seen) add(inclusive, name, micros);
  }
  const top = (totals: Map<string, number>) =>
    [...totals]
      .sort(([, left], [, right]) => right - left)
      .slice(0, limit)
      .map(([name, micros]) => ({ 'share %': round((micros / busy) * 100), where: name }));
  return { self: top(self), areas: top(areas), inclusive: top(inclusive) };
}
