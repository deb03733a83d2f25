import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { canPin } from './processes.ts';

/** Where and when the numbers come from. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: `Linux ${release()}`,
    node: process.version,
    pinned: canPin,
    date: new Date().toISOString(),
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
  };
}

interface CpuTimes {
  readonly busy: number;
  readonly stolen: number;
  readonly all: number;
}

function readCpu(core: number): CpuTimes {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0] = line
    .split(' ')
    .map(Number);
  const busy = user + nice + system + irq + soft;
  return { busy, stolen, all: busy + idle + wait + stolen };
}

/** How much of a core something else had: what makes a measurement worth less. */
export function watchCore(core: number) {
  const before = readCpu(core);
  const startedAt = performance.now();
  return {
    /** @param ownSeconds CPU time of what was measured on that core meanwhile */
    othersShare(ownSeconds: number): number {
      const after = readCpu(core);
      const seconds = (performance.now() - startedAt) / 1000;
      const taken = (after.busy - before.busy + after.stolen - before.stolen) / 100;
      return Math.max(0, (taken - ownSeconds) / seconds);
    },
  };
}
