import path from 'node:path';
import type { Bench, Outcome } from '../lib/bench.ts';
import { startGateway } from '../lib/gateway.ts';
import { createConnections, post } from '../lib/load.ts';
import { benchPath } from '../lib/processes.ts';
import { median, round } from '../lib/stats.ts';

const COUNT = 1_000;
const REPLIES_PER_SLICE = 4;
const KINDS = [
  'text_delta',
  'annotation_added',
  'task.updated',
  'widget.value_delta',
  'widget.root.updated',
  'image.updated',
  'progress_update',
  'client_effect',
  'notice',
  'item.done',
  'hidden.done',
];
/** Frames of a reply around its own events: the thread, the message, the options. */
const AROUND = 3;

export async function measureEvents(bench: Bench): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(
    await startGateway({
      installation: bench.installation,
      folder: path.join(bench.folder, 'events'),
      backend: { modulePath: benchPath('peers/events-agent.ts') },
    }),
  );
  const { call } = await gateway.signIn('reader');
  const connections = createConnections(1);
  stack.defer(() => connections.destroy());

  async function reply(kind: string, count: number): Promise<number> {
    const input = {
      content: [{ type: 'input_text', text: `${kind} ${count}` }],
      attachments: [],
      inference_options: {},
    };
    const body = JSON.stringify({ type: 'threads.create', params: { input } });
    const answer = await post(connections, call, body);
    const frames = answer.body.toString().split('\n\n').length - 1;
    const wanted = AROUND + (kind.startsWith('hidden') ? 0 : count);
    if (answer.status !== 200 || frames < wanted || answer.body.includes('"type":"error"')) {
      throw new Error(
        `${kind}: status ${answer.status}, ${frames} frames\n${answer.body.toString().slice(0, 2_000)}`,
      );
    }
    return answer.totalMs;
  }

  /** Of one reply: milliseconds by the clock and of CPU time. */
  async function slice(kind: string, count: number) {
    const before = gateway.cpuSeconds();
    let totalMs = 0;
    for (let at = 0; at < REPLIES_PER_SLICE; at++) totalMs += await reply(kind, count);
    return {
      ms: totalMs / REPLIES_PER_SLICE,
      cpuMs: ((gateway.cpuSeconds() - before) * 1_000) / REPLIES_PER_SLICE,
    };
  }

  const rows = [];
  for (const kind of KINDS) {
    bench.say(kind);
    await slice(kind, COUNT);
    const perEvent: number[] = [];
    const perSecond: number[] = [];
    for (let at = 0; at < bench.rounds; at++) {
      const [few, many] = [await slice(kind, 0), await slice(kind, COUNT)];
      perEvent.push(((many.cpuMs - few.cpuMs) * 1_000) / COUNT);
      perSecond.push(COUNT / (Math.max(0.001, many.ms - few.ms) / 1_000));
    }
    rows.push({
      event: kind,
      'CPU µs/event': round(median(perEvent)),
      'events/s': round(median(perSecond)),
    });
  }
  return {
    title: 'Cost of an event',
    method:
      `Replies of ${COUNT} events of one kind from an own agent (agent.module), whose every event is checked against the ` +
      'protocol; less what a reply without them costs. One reply at a time, one core. widget.root.updated carries 20 ' +
      'components, image.updated 20 kB; item.done and hidden.done are stored.',
    rows,
    findings: [],
    goals: [],
  };
}
