import { Agent } from '@openai/agents-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  contextOf,
  defineTool,
  type AgentDefinition,
  type ToModelInput,
} from '../../../src/agent/module/definition.ts';
import { readDefinition } from '../../../src/agent/module/read-definition.ts';
import { createTestAgent } from '../../support/agent.ts';
import { createFakeThread, type FakeThread } from '../../support/turn.ts';

async function setUp(definition: AgentDefinition, model?: ScriptedModel) {
  const agent = await createTestAgent({
    config: { tools: [] },
    definition,
    ...(model === undefined ? {} : { model }),
  });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent.responder;
}

const call = (name: string, args: object = {}, callId = 'c1') => functionCall(name, { ...args }, { callId });
const answered = (...texts: string[]) => new ScriptedModel(texts.map((each) => [assistantMessage(each)]));

describe('a definition', () => {
  it('lays its instructions, model and settings over the configuration', async () => {
    const model = answered('Yes.');
    const responder = await setUp(
      {
        instructions: ({ locale, owner }) => Promise.resolve(`Speak ${locale} with ${owner}.`),
        model: 'my-model',
        modelSettings: { temperature: 0.5 },
      },
      model,
    );
    expect(responder.describe().models[0]).toBe('my-model');
    const thread = createFakeThread();
    await thread.say('hi').run(responder);
    const { request } = model.lastCall!;
    expect(request.systemInstructions).toContain(`Speak en with ${thread.principal.userKey}.`);
    expect(request.modelSettings.temperature).toBe(0.5);
  });

  it('can bring an agent whose model is an object of its own', async () => {
    const model = answered('From my own model.');
    const responder = await setUp({ agent: new Agent({ name: 'Mine', model }) });
    expect(responder.describe().demo).toBe(false);
    expect((await createFakeThread().say('hi').run(responder)).text).toBe('From my own model.');
  });

  it('is refused where a model of another agent has no name', () => {
    const other = new Agent({ name: 'Other', model: answered() });
    const agent = new Agent({ name: 'Mine', model: answered(), handoffs: [other] });
    expect(() => readDefinition({ agent })).toThrow(
      'the model of Other, which is handed over to, must be a name',
    );
    const named = new Agent({ name: 'Named', model: 'gpt', handoffs: [] });
    expect(() => readDefinition({ agent: new Agent({ name: 'Mine', handoffs: [named] }) })).not.toThrow();
  });

  it('may have a better tool in the place of a built-in one', async () => {
    const agent = await createTestAgent({
      model: new ScriptedModel([[call('list_tasks')], [assistantMessage('None.')]]),
      definition: {
        tools: [
          defineTool({ name: 'list_tasks', description: '', doneTitle: 'Mine', execute: () => 'none' }),
        ],
      },
    });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const reply = await createFakeThread().say('hi').run(agent.responder);
    expect(reply.error).toBeUndefined();
    expect(JSON.stringify(reply.events)).toContain('"title":"Mine"');
  });

  it('can make an agent for each turn, with the tools of the module', async () => {
    const model = new ScriptedModel([[call('where')], [assistantMessage('There.')]]);
    const where = defineTool({
      name: 'where',
      description: '',
      parameters: z.object({}),
      execute: (_args, { thread }) => thread.id,
    });
    const responder = await setUp({
      tools: [where],
      agent: ({ thread }) => new Agent({ name: 'Mine', instructions: `In ${thread.id}`, model }),
    });
    const thread = createFakeThread();
    expect((await thread.say('hi').run(responder)).text).toBe('There.');
    expect(model.lastCall!.request.systemInstructions).toContain(`In ${thread.thread.id}`);
    expect(JSON.stringify(model.lastCall!.request.input)).toContain(`"text":"${thread.thread.id}"`);
  });

  it('whose agent stops at its first tool is no failure', async () => {
    const model = new ScriptedModel([[call('roll')]]);
    const roll = defineTool({ name: 'roll', description: '', execute: () => 'six' });
    const responder = await setUp({
      tools: [roll],
      agent: new Agent({ name: 'Mine', model, toolUseBehavior: 'stop_on_first_tool' }),
    });
    expect((await createFakeThread().say('hi').run(responder)).error).toBeUndefined();
  });

  it('can let another agent answer from its own reply', async () => {
    const model = answered('From the other.');
    const other = new Agent({ name: 'Other', model });
    const responder = await setUp({
      async *respond({ reply, runAgent }) {
        yield* reply.text('First.');
        yield* runAgent({ agent: other, input: [{ role: 'user', content: 'Only this' }] });
      },
    });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.text).toBe('First.\nFrom the other.');
    expect(model.lastCall!.request.input).toEqual([{ role: 'user', content: 'Only this' }]);
  });

  it('writes the same in the order of its words, awaited or yielded', async () => {
    const responder = await setUp({
      async *respond({ reply }) {
        await reply.text('One.');
        yield* reply.text('Two.');
        const flow = await reply.workflow();
        yield* flow.add('Three');
        await flow.end();
        await Promise.all([reply.text('Four.'), reply.text('Five.')]);
      },
    });
    const reply = await createFakeThread().say('hi').run(responder);
    expect(reply.text.split('\n')).toEqual(['One.', 'Two.', 'Four.', 'Five.']);
  });

  it('may await everything and yield nothing', async () => {
    const responder = await setUp({
      async respond({ reply }) {
        await reply.text('One.');
      },
    });
    expect((await createFakeThread().say('hi').run(responder)).text).toBe('One.');
  });

  it('that forgets to await is told so in the log', async () => {
    const model = new ScriptedModel([[call('forget')], [assistantMessage('Yes.')]]);
    const forget = defineTool({
      name: 'forget',
      description: '',
      execute(_args, { reply }) {
        void reply.text('Never said.');
      },
    });
    const responder = await setUp({ tools: [forget] }, model);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.text).toBe('Yes.');
    expect(thread.logs).toContainEqual(
      expect.objectContaining({ event: 'reply-forgotten', where: 'the tool forget', count: 1 }),
    );
  });

  it('titles a thread that it answers itself', async () => {
    const withTitle = (title: NonNullable<AgentDefinition['title']>) =>
      setUp({
        title,
        async respond({ reply }) {
          await reply.text('Yes.');
        },
      });
    const titleWith = async (title: NonNullable<AgentDefinition['title']>) => {
      const thread = createFakeThread();
      await thread.say('Where is it?').run(await withTitle(title));
      return thread.thread.title;
    };
    expect(await titleWith(() => 'Found')).toBe('Found');
    expect(await titleWith(() => Promise.reject(new Error('no')))).toBe('Where is it?');
    expect(await titleWith(true)).toBe('Where is it?');
    expect(await titleWith(false)).toBeUndefined();
  });

  it('finds the reply in the context of a tool of the SDK, and says where there is none', () => {
    expect(() => contextOf(undefined)).toThrow('does not run inside a reply');
    expect(() => contextOf({ context: {} })).toThrow('does not run inside a reply');
  });
});

describe('toModelInput', () => {
  async function inputOf(toModelInput: ToModelInput, prepare: (thread: FakeThread) => void = () => {}) {
    const model = answered('Yes.');
    const responder = await setUp({ toModelInput }, model);
    const thread = createFakeThread();
    const turn = thread.say('hi');
    prepare(thread);
    await turn.run(responder);
    return { input: model.lastCall!.request.input as any[], logs: thread.logs };
  }
  const attach = (thread: FakeThread) => {
    const message = thread.items[0] as any;
    message.attachments.push({ id: 'a', type: 'file', name: 'a.pdf', mime_type: 'application/pdf' });
    message.content.push({ type: 'input_tag', id: 't', text: 'Tag', data: { a: 1 }, interactive: false });
  };

  it('says what tags and attachments are', async () => {
    const { input } = await inputOf(
      {
        tag: (tag) => `the tag ${tag.id}`,
        attachment: () => ({ type: 'input_file', file: 'https://example.com/a.pdf' }),
      },
      attach,
    );
    expect(JSON.stringify(input)).toContain('the tag t');
    expect(input.at(-1).content).toMatchObject([
      { type: 'input_text', text: expect.stringContaining('a.pdf') },
      { type: 'input_file', file: 'https://example.com/a.pdf' },
    ]);
    const words = await inputOf({ attachment: async (file) => `about ${file.name}` }, attach);
    expect(words.input.at(-1)).toMatchObject({ role: 'user', content: 'about a.pdf' });
  });

  it('replaces a whole item, or leaves it out', async () => {
    const add = (thread: FakeThread) =>
      thread.items.unshift({
        id: 'w',
        thread_id: thread.thread.id,
        created_at: new Date().toISOString(),
        type: 'widget',
        widget: { type: 'Card', children: [] },
      });
    const of = async (item: NonNullable<ToModelInput['item']>) => (await inputOf({ item }, add)).input;
    expect(await of((item) => (item.type === 'widget' ? [] : undefined))).toHaveLength(1);
    expect(await of((item) => (item.type === 'user_message' ? 'replaced' : undefined))).toEqual([
      { role: 'user', content: 'replaced' },
    ]);
  });

  it.each<[string, ToModelInput]>([
    ['throws', { tag: () => Promise.reject(new Error('no')), item: () => Promise.reject(new Error('no')) }],
    ['gives something else', { tag: () => 5 as any, item: () => 5 as any, attachment: () => 5 as any }],
  ])('that %s is logged, and the model reads the usual', async (_name, hooks) => {
    const usual = await inputOf({}, attach);
    const { input, logs } = await inputOf(hooks, attach);
    expect(input).toEqual(usual.input);
    expect(logs.filter(({ level }) => level === 50).length).toBeGreaterThan(0);
  });
});
