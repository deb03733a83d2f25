/** The load harness. `npm run bench -- --help` lists what it takes. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Outcome, Scenario } from './lib/bench.ts';
import { install } from './lib/gateway.ts';
import { describeMachine } from './lib/machine.ts';
import { benchPath, LOAD_CORE, pinSelf, repositoryPath, startNodePeer } from './lib/processes.ts';
import { rounded } from './lib/stats.ts';
import { toTable } from './lib/table.ts';
import { measureEvents } from './scenarios/events.ts';
import { measureFirstEvent } from './scenarios/first-event.ts';
import { measureForward } from './scenarios/forward.ts';
import { measureForwardIdle } from './scenarios/forward-idle.ts';
import { measureHistory } from './scenarios/history.ts';
import { measureIdleStreams } from './scenarios/idle-streams.ts';
import { measureLongThread } from './scenarios/long-thread.ts';
import { profileForward, profileReplies } from './scenarios/profile.ts';
import { measureReplies } from './scenarios/replies.ts';
import { measureStalled } from './scenarios/stalled.ts';
import { measureStart } from './scenarios/start.ts';
import { measureStreamLag } from './scenarios/stream-lag.ts';
import { measureUploads } from './scenarios/uploads.ts';
import { measureWidgets } from './scenarios/widgets.ts';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  replies: measureReplies,
  'first-event': measureFirstEvent,
  history: measureHistory,
  events: measureEvents,
  'long-thread': measureLongThread,
  'idle-streams': measureIdleStreams,
  start: measureStart,
  forward: measureForward,
  'stream-lag': measureStreamLag,
  'forward-idle': measureForwardIdle,
  stalled: measureStalled,
  uploads: measureUploads,
  widgets: measureWidgets,
};
/** A run that hangs must not hang for ever. */
const WHOLE_RUN_MS = 20 * 60_000;

const HELP = `Usage: npm run bench -- [options]

  --only <names>     ${Object.keys(SCENARIOS).join(', ')}; several with commas
  --seconds <n>      length of one slice of a measurement (2)
  --rounds <n>       how often each slice is repeated (3)
  --profile          profile the gateway under the load of "replies", or with --only forward of that, and say where the time goes
  --no-build         measure dist/ as it is
  --python <file>    the interpreter of chatkit-python (.venv/bin/python)
  --next <folder>    where next, react and react-dom are installed, for the Next.js peer of "forward" (left out)
  --out <file>       where the JSON goes (bench/results/latest.json)
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      profile: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      python: { type: 'string', default: repositoryPath('.venv/bin/python') },
      next: { type: 'string' },
      out: { type: 'string', default: benchPath('results/latest.json') },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(SCENARIOS);
  const unknown = names.find((name) => !(name in SCENARIOS));
  if (unknown !== undefined) throw new Error(`no such scenario: ${unknown}\n${HELP}`);
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
  if (!(seconds > 0) || !(rounds >= 1))
    throw new Error(`--seconds and --rounds take positive numbers\n${HELP}`);
  return { ...values, names, seconds, rounds: Math.floor(rounds) };
}

function build(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: repositoryPath('.'),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the build failed');
}

function print(outcome: Outcome): string {
  const goals = outcome.goals.map((goal) => ({
    goal: goal.name,
    wanted: goal.goal,
    measured: rounded(goal.measured),
    reached: goal.reached ? 'yes' : 'NO',
  }));
  return [
    `## ${outcome.title}`,
    outcome.method,
    toTable(outcome.rows),
    outcome.findings.map((finding) => `- ${finding}`).join('\n'),
    toTable(goals),
  ].join('\n\n');
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  setTimeout(() => {
    process.stderr.write('the bench took too long\n');
    process.exit(1);
  }, WHOLE_RUN_MS).unref();
  if (!options['no-build']) build();
  const machine = describeMachine();
  const startedAt = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-bench-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  pinSelf();
  const model = stack.use(await startNodePeer('instant-model.ts', [], LOAD_CORE));
  const bench: Bench = {
    installation: await install(path.join(folder, 'installed')),
    folder,
    modelUrl: (pace) => `${model.announced}/${pace}/v1`,
    seconds: options.seconds,
    rounds: options.rounds,
    pythonPath: options.python,
    nextFolder: options.next === undefined ? undefined : path.resolve(options.next),
    say: (text) => void process.stderr.write(`  ${text}\n`),
  };
  if (options.profile) {
    const profile = options.only === 'forward' ? profileForward : profileReplies;
    process.stdout.write(`${await profile(bench, options.seconds * options.rounds)}\n`);
    return;
  }
  process.stdout.write(
    `${Object.entries(machine)
      .map(([key, value]) => `${key}: ${String(value)}`)
      .join('\n')}\n\n`,
  );
  const results: Record<string, object> = {};
  for (const name of options.names) {
    process.stderr.write(`${name}\n`);
    const loadBefore = loadavg()[0];
    const outcome = await (SCENARIOS[name] as Scenario)(bench);
    results[name] = { ...outcome, loadBefore, loadAfter: loadavg()[0] };
    process.stdout.write(`${print(outcome)}\n\n`);
  }
  const tookSeconds = (performance.now() - startedAt) / 1000;
  await mkdir(path.dirname(options.out), { recursive: true });
  const { seconds, rounds } = options;
  await writeFile(
    options.out,
    `${JSON.stringify(rounded({ machine, options: { seconds, rounds }, tookSeconds, results }), null, 2)}\n`,
  );
  process.stderr.write(`${options.out}, in ${Math.round(tookSeconds)} s\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
