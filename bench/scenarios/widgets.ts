import { spawnSync } from 'node:child_process';
import { card, checkbox, row, text, title } from '../../src/widgets/builders.ts';
import type { Widget } from '../../src/widgets/components.ts';
import { streamWidget } from '../../src/widgets/stream-widget.ts';
import type { Bench, Outcome } from '../lib/bench.ts';
import { benchPath } from '../lib/processes.ts';
import { median, round } from '../lib/stats.ts';

const COMPONENTS = 200;
const UPDATES_PER_SECOND = 20;
/** A card, a title, and in each row a box and a text. */
const ROWS = Math.floor((COMPONENTS - 2) / 3);
const WARM_UP = 200;

interface Kind {
  readonly name: string;
  readonly componentUpdates?: boolean;
  readonly state: (at: number) => Widget;
}

function widgetOf(rowOf: (at: number) => { label: string; value: string }): Widget {
  const rows = Array.from({ length: ROWS }, (_, at) => {
    const { label, value } = rowOf(at);
    return row({ id: `row-${at}`, key: String(at), gap: 2 }, [
      checkbox(`tasks.${at}`, { label, onChangeAction: { type: 'task.toggle', payload: { id: at } } }),
      text(value, { id: `text-${at}`, streaming: true, size: 'sm' }),
    ]);
  });
  return card({ size: 'md' }, [title('Tasks'), ...rows]);
}

const KINDS: readonly Kind[] = [
  {
    name: 'text grows',
    state: (at) =>
      widgetOf((line) => ({ label: 'a task', value: line === 7 ? 'word '.repeat(at % 100) : 'a text' })),
  },
  {
    name: 'a component changes, whole widget sent',
    state: (at) =>
      widgetOf((line) => ({ label: line === at % ROWS ? 'changed' : 'a task', value: 'a text' })),
  },
  {
    name: 'a component changes, sent alone',
    componentUpdates: true,
    state: (at) => widgetOf((line) => ({ label: line === 7 ? `changed ${at}` : 'a task', value: 'a text' })),
  },
];

interface Slice {
  readonly microseconds: number;
  readonly bytes: number;
  readonly updates: number;
}

/** Everything from a state as its author writes it to the text of its events. */
async function measure(kind: Kind, forMs: number): Promise<Slice> {
  const endsAt = performance.now() + forMs;
  async function* states() {
    for (let at = 0; at < WARM_UP || performance.now() < endsAt; at++) yield kind.state(at);
  }
  const events = streamWidget(
    { id: 'wdg', thread_id: 'thr', created_at: '2026-01-31T09:30:00.000Z' },
    states(),
    {
      signal: new AbortController().signal,
      onLateError: () => undefined,
      componentUpdates: kind.componentUpdates,
    },
  );
  let [bytes, updates] = [0, 0];
  const before = process.cpuUsage();
  for await (const event of events) {
    if (event.type !== 'thread.item.updated') continue;
    bytes += Buffer.byteLength(JSON.stringify(event));
    updates += 1;
  }
  const { user, system } = process.cpuUsage(before);
  return { microseconds: (user + system) / updates, bytes: bytes / updates, updates };
}

/** The same states through the `diff_widget` of chatkit-python. */
function measurePython(bench: Bench, kind: Kind): Slice | undefined {
  const states = Array.from({ length: 60 }, (_, at) => kind.state(at + 1));
  const { status, stdout } = spawnSync(bench.pythonPath, [benchPath('peers/widget_diff.py')], {
    input: JSON.stringify(states),
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  return status === 0 ? (JSON.parse(stdout) as Slice) : undefined;
}

function toRow(name: string, { microseconds, bytes, updates }: Slice) {
  return {
    update: name,
    'CPU µs': round(microseconds),
    bytes: round(bytes),
    [`% of a core at ${UPDATES_PER_SECOND}/s`]: round((microseconds * UPDATES_PER_SECOND) / 10_000),
    updates,
  };
}

export async function measureWidgets(bench: Bench): Promise<Outcome> {
  const rows = [];
  const costs: number[] = [];
  for (const kind of KINDS) {
    const slices: Slice[] = [];
    for (let at = 0; at <= bench.rounds; at++) slices.push(await measure(kind, bench.seconds * 1000));
    const measured = slices.slice(1);
    const slice = {
      microseconds: median(measured.map(({ microseconds }) => microseconds)),
      bytes: median(measured.map(({ bytes }) => bytes)),
      updates: measured.reduce((sum, { updates }) => sum + updates, 0),
    };
    costs.push(slice.microseconds);
    rows.push(toRow(kind.name, slice));
    bench.say(`${kind.name}: ${round(slice.microseconds)} µs`);
    const python = kind.componentUpdates === true ? undefined : measurePython(bench, kind);
    if (python !== undefined) rows.push(toRow(`${kind.name}, chatkit-python`, python));
  }
  const share = (Math.max(...costs) * UPDATES_PER_SECOND) / 1_000_000;
  return {
    title: `A streamed widget of ${COMPONENTS} components at ${UPDATES_PER_SECOND} updates a second`,
    method:
      'CPU time of one update, from the state that its author writes (the writing included) over its checks, its copy and ' +
      `the difference to the text of the event; medians of ${bench.rounds} rounds of ${bench.seconds} s, as fast as they go.`,
    rows,
    findings: [],
    goals: [
      {
        name: `share of a core at ${UPDATES_PER_SECOND} updates/s`,
        goal: '<= 0.1',
        measured: share,
        reached: share <= 0.1,
      },
    ],
  };
}
