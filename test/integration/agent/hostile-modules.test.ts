import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assistantMessage, ScriptedModel } from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defineAgent, type AgentDefinition } from '../../../src/agent/module/definition.ts';
import { ReplyError } from '../../../src/chatkit/responder.ts';
import { card, text } from '../../../src/widgets/builders.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { addMessage, create, customAction, feedback, getThread, syncAction } from '../../support/requests.ts';

type Respond = NonNullable<AgentDefinition['respond']>;

// A module hands its definition over in a global, so that each test can write its own as code.
const given = globalThis as { hostile?: AgentDefinition };

async function start(definition: AgentDefinition, agent: object = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'gateway-module-'));
  const file = path.join(folder, 'my-agent.js');
  await writeFile(file, 'export default globalThis.hostile;');
  given.hostile = definition;
  const gateway: TestGateway = await startGateway({
    config: { agent: { module: file, titles: false, ...agent } },
    agent: { modelProvider: { getModel: () => new ScriptedModel([[assistantMessage('Yes.')]]) } },
  });
  onTestFinished(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { gateway, user: await gateway.signIn() };
}

const errorsOf = (gateway: TestGateway) =>
  gateway.logs
    .filter(({ level }) => level === 50 || level === 'error')
    .map(({ err }: any) => String(err?.message));

async function reply(respond: Respond, agent: object = {}) {
  const { gateway, user } = await start(defineAgent({ respond }), agent);
  const events = await user.stream(create('Hello'));
  const [{ thread }] = events;
  const stored = (await user.ask(getThread(thread.id))).items.data as any[];
  return { gateway, user, events, stored, threadId: thread.id as string };
}

const general = { type: 'error', code: 'stream.error', allow_retry: true };

describe('S4: a reply of a module', () => {
  it.each<[string, unknown, string]>([
    ['of an unknown type', { type: 'thread.item.exploded' }, 'type'],
    ['without its item', { type: 'thread.item.done' }, 'item'],
    [
      'with a wrong item',
      {
        type: 'thread.item.done',
        item: {
          id: 'a',
          thread_id: 'b',
          created_at: '2026-01-31T09:30:00Z',
          type: 'widget',
          widget: { type: 'Cart' },
        },
      },
      'item.widget.type',
    ],
    ['that is a text', 'hello', 'expected object'],
    ['that is nothing', undefined, 'undefined'],
    ['that holds a bigint', { type: 'client_effect', name: 'a', data: { n: 1n } }, 'BigInt'],
    ['that the gateway alone may send', { type: 'thread.created', thread: {} }, 'type'],
  ])('with an event %s is an error, and what was shown before is kept', async (_name, event, place) => {
    const { gateway, events, stored } = await reply(async function* ({ reply: write }) {
      yield* write.text('Before.');
      yield event as any;
    });
    expect(events.at(-1)).toEqual(general);
    expect(stored.map(({ type }) => type)).toEqual(['user_message', 'assistant_message']);
    expect(errorsOf(gateway).join()).toContain(place);
  });

  it('that nests in a circle is an error', async () => {
    const circle: any = { type: 'client_effect', name: 'a', data: {} };
    circle.data.self = circle;
    const { gateway, events } = await reply(async function* () {
      yield circle;
    });
    expect(events.at(-1)).toEqual(general);
    expect(errorsOf(gateway).join()).toContain('circular');
  });

  it('S5: that throws shows nothing of its inside', async () => {
    const { gateway, events } = await reply(async function* ({ reply: write }) {
      yield* write.text('Half');
      throw new Error('postgres://user:hunter2@10.0.0.1');
    });
    expect(events.at(-1)).toEqual(general);
    expect(JSON.stringify(events)).not.toContain('hunter2');
    expect(errorsOf(gateway)).toHaveLength(1);
  });

  it.each<[unknown]>([['a text'], [undefined], [{ a: 1 }]])('that throws %j is an error', async (thrown) => {
    const { events } = await reply(() => {
      throw thrown;
    });
    expect(events.at(-1)).toEqual(general);
  });

  it('that throws a ReplyError says it to the user, of whichever copy of the package', async () => {
    class Other extends Error {
      override name = 'ReplyError';
      allowRetry = false;
    }
    for (const error of [new ReplyError('Closed.', { allowRetry: false }), new Other('Closed.')]) {
      const { events } = await reply(() => Promise.reject(error));
      expect(events.at(-1)).toEqual({
        type: 'error',
        code: 'custom',
        message: 'Closed.',
        allow_retry: false,
      });
    }
  });

  it('that hangs ends when its time is over', async () => {
    const { gateway, events, user, threadId } = await reply(
      async function* ({ reply: write }) {
        yield* write.text('Before.');
        await new Promise(() => {});
      },
      { requestTimeoutMs: 100 },
    );
    expect(events.at(-1)).toEqual(general);
    expect(errorsOf(gateway).join()).toContain('respond did nothing for 100 ms');
    const refused = await user.chatkit(addMessage(threadId, 'Again'));
    expect(refused.status).toBe(200);
    await refused.body?.cancel();
  });

  it('that never pauses and never ends is stopped, and others have their turn', async () => {
    const { gateway, user } = await start(
      defineAgent({
        async *respond({ reply: write }) {
          for (;;) yield* write.effect('again', { padding: 'x'.repeat(1_000_000) });
        },
      }),
    );
    const [events, health] = await Promise.all([
      user.stream(create('Hello')),
      fetch(`${gateway.url}/healthz`),
    ]);
    expect(health.status).toBe(200);
    expect(events.at(-1)).toEqual(general);
    expect(errorsOf(gateway).join()).toContain('a reply has at most');
  });

  it('that ignores the stop is left behind', async () => {
    let ended = false;
    const { user, gateway } = await start(
      defineAgent({
        async *respond({ reply: write }) {
          yield* write.text('Before.');
          await new Promise((resolve) => setTimeout(resolve, 400));
          ended = true;
          yield* write.text('After.');
        },
      }),
    );
    const stop = new AbortController();
    const response = await user.chatkit(create('Hello'), { signal: stop.signal });
    const reader = response.body!.getReader();
    let read = '';
    while (!read.includes('Before.')) read += Buffer.from((await reader.read()).value ?? []).toString();
    stop.abort();
    const id = /"id":"(thr_\w+)"/.exec(read)![1]!;
    await vi.waitFor(() => expect(gateway.context.runs.activeCount).toBe(0));
    expect(ended).toBe(false);
    await vi.waitFor(() => expect(ended).toBe(true));
    const stored = (await user.ask(getThread(id))).items.data as any[];
    expect(JSON.stringify(stored)).not.toContain('After.');
  });

  it('that goes on after its end is ignored', async () => {
    const late = Promise.withResolvers<unknown>();
    const { events } = await reply(async ({ reply: write }) => {
      await write.text('Before.');
      setTimeout(() => void write.text('Late.').then(late.resolve, late.resolve), 50);
    });
    expect(await late.promise).toMatchObject({ name: 'AbortError' });
    expect(JSON.stringify(events)).not.toContain('Late.');
  });

  it('that leaves items open closes them', async () => {
    const { events, stored } = await reply(async function* ({ reply: write, newItem }) {
      yield {
        type: 'thread.item.added',
        item: { ...newItem('message'), type: 'assistant_message', content: [] },
      };
      const flow = yield* write.workflow({ tasks: ['Working'] });
      yield* flow.add('More');
    });
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['thread.item.done', 'thread.item.removed']);
    expect(stored[1].workflow.tasks.map(({ status_indicator: status }: any) => status)).toEqual([
      'none',
      'none',
    ]);
  });

  it('with items of another thread and hidden ones keeps both where they belong', async () => {
    const { events, stored, threadId } = await reply(async function* ({ reply: write, newItem }) {
      yield* write.hidden({ secret: 'hunter2' });
      yield {
        type: 'thread.item.done',
        item: { ...newItem('task'), thread_id: 'thr_other', type: 'end_of_turn' },
      };
    });
    expect(JSON.stringify(events)).not.toContain('hunter2');
    expect(stored.at(-1)).toMatchObject({ type: 'end_of_turn', thread_id: threadId });
  });

  it('with a widget of too many components is an error', async () => {
    const { gateway, events } = await reply(async ({ reply: write }) => {
      await write.widget(card(Array.from({ length: 10_000 }, (_, at) => text(`${at}`))));
    });
    expect(events.at(-1)).toEqual(general);
    expect(errorsOf(gateway).join()).toContain('components');
  });
});

describe('S4: a handler of a module', () => {
  const slow = { toolTimeoutMs: 100 };
  const hang = () => new Promise<never>(() => {});
  async function thread(definition: AgentDefinition, agent: object = {}) {
    const started = await start(definition, agent);
    const events = await started.user.stream(create('Hello'));
    return { ...started, events, threadId: events[0].thread.id as string };
  }

  it.each<[string, AgentDefinition['onSyncAction']]>([
    ['throws', () => Promise.reject(new Error('hunter2'))],
    ['hangs', hang],
    ['gives something else', () => Promise.resolve(5 as any)],
    ['gives a widget that nobody has sent', () => card([])],
  ])('onSyncAction that %s is a problem without its inside', async (_name, onSyncAction) => {
    const { user, threadId } = await thread(defineAgent({ onSyncAction: onSyncAction! }), slow);
    const response = await user.chatkit(syncAction(threadId, { type: 'a' }));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  });

  it.each<[string, () => Promise<void>]>([
    ['throws', () => Promise.reject(new Error('hunter2'))],
    ['hangs', hang],
  ])('onFeedback that %s does not lose the feedback', async (_name, onFeedback) => {
    const { user, threadId, events } = await thread(defineAgent({ onFeedback }), slow);
    const message = events.find(({ item }) => item?.type === 'assistant_message').item;
    expect(await user.ask(feedback(threadId, [message.id]))).toEqual({});
  });

  it('onAction that hangs or throws leaves the thread free', async () => {
    const { user, threadId } = await thread(
      defineAgent({
        onAction: ({ action }) => (action.type === 'hang' ? hang() : Promise.reject(new Error('no'))),
      }),
      { requestTimeoutMs: 100 },
    );
    for (const type of ['hang', 'throw', 'hang']) {
      const events = await user.stream(customAction(threadId, { type }));
      expect(events.at(-1)).toEqual(general);
    }
  });

  it('agent, instructions and guardrails that hang or throw end the reply', async () => {
    const definitions: AgentDefinition[] = [
      { agent: hang },
      { instructions: hang },
      { instructions: () => Promise.reject(new Error('hunter2')) },
      { agent: () => 5 as any },
      { inputGuardrails: [{ name: 'stuck', execute: hang }] },
      { outputGuardrails: [{ name: 'stuck', execute: hang }] },
    ];
    for (const definition of definitions) {
      const { events } = await thread(definition, slow);
      expect(events.at(-1)).toMatchObject({ type: 'error' });
      expect(JSON.stringify(events)).not.toContain('hunter2');
    }
  });
});
