import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import type { Reply } from '../../../src/agent/module/reply.ts';
import { answersOf } from '../../../src/agent/module/questions.ts';
import { defineClientTool, defineTool } from '../../../src/agent/tools/define-tool.ts';
import type { AgentTool, ToolContext } from '../../../src/agent/tools/registry.ts';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { card, text, title } from '../../../src/widgets/builders.ts';
import { createTestAgent } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

const call = (name: string, args: Record<string, unknown> = {}, callId = `call_${name}`) =>
  functionCall(name, args, { callId });

function serverTool(
  name: string,
  run: (reply: Reply, context: ToolContext) => unknown,
  timeoutMs = 5_000,
): AgentTool {
  return defineTool({
    name,
    description: name,
    parameters: z.object({}),
    activeTitle: () => `Running ${name}`,
    doneTitle: () => `Ran ${name}`,
    timeoutMs,
    execute: (_args, context) => run(context.reply, context),
  });
}

const switchTheme = defineClientTool({
  name: 'switch_theme',
  description: 'Switches the theme of the page.',
  parameters: z.object({ theme: z.enum(['dark', 'light']) }),
});

async function setUp(model: ScriptedModel, ...tools: AgentTool[]) {
  const agent = await createTestAgent({ model, config: { tools: [] }, overrides: { tools } });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent.responder;
}

function kinds(events: readonly ResponderEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'thread.item.updated') return event.update.type;
    return 'item' in event ? `${event.type} ${event.item.type}` : event.type;
  });
}

const typesOf = (items: readonly { readonly type: string }[]) => items.map(({ type }) => type);

describe('a running tool', () => {
  it('shows items between the steps and the words of the agent', async () => {
    const model = new ScriptedModel([
      [call('show'), call('show', {}, 'call_2')],
      [call('show', {}, 'call_3')],
      [assistantMessage('Here.')],
    ]);
    let shown = 0;
    const show = serverTool('show', async (reply) => {
      shown += 1;
      await reply.widget(card([title(`Card ${shown}`)]));
      return { shown };
    });
    const responder = await setUp(model, show);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    const items = reply.events.flatMap((event) =>
      (event.type === 'thread.item.added' || event.type === 'thread.item.done') &&
      event.item.type !== 'hidden_context_item'
        ? [`${event.type.split('.').at(-1)} ${event.item.type}`]
        : [],
    );
    expect(items).toEqual([
      'added workflow',
      'done widget',
      'done widget',
      'done workflow',
      'added workflow',
      'done widget',
      'done workflow',
      'added assistant_message',
      'done assistant_message',
    ]);
    model.assertComplete();
  });

  it('writes everything that a reply can hold', async () => {
    const model = new ScriptedModel([[call('all')], [assistantMessage('Done.')]]);
    const all = serverTool('all', async (reply, { thread }) => {
      await reply.progress('Looking', { icon: 'search' });
      await reply.text(['Hel', 'lo'], { annotations: [{ type: 'url', url: 'https://a.test', title: 'A' }] });
      const flow = await reply.workflow({ tasks: ['First'] });
      const second = await flow.add({ type: 'web_search', queries: ['q'], sources: [] });
      await flow.done(0);
      await flow.update(second, { title: 'Searched' });
      await flow.end({ summary: 'Looked around' });
      await reply.task('Stored');
      await reply.image('https://a.test/cat.png');
      await reply.hidden({ order: 7 });
      await reply.notice('Careful', { level: 'warning' });
      await reply.effect('seen', { it: true });
      await reply.endTurn();
      await reply.title('A title');
      await reply.lock('Enough');
      expect(thread.title).toBe('A title');
      return 'All of it.';
    });
    const responder = await setUp(model, all);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(kinds(reply.events)).toEqual([
      'thread.item.added workflow',
      'workflow.task.added',
      'thread.item.added hidden_context_item',
      'progress_update',
      'thread.item.added assistant_message',
      'assistant_message.content_part.added',
      'assistant_message.content_part.text_delta',
      'assistant_message.content_part.text_delta',
      'assistant_message.content_part.annotation_added',
      'assistant_message.content_part.done',
      'thread.item.done assistant_message',
      'thread.item.added workflow',
      'workflow.task.added',
      'workflow.task.updated',
      'workflow.task.updated',
      'thread.item.done workflow',
      'thread.item.done task',
      'thread.item.done generated_image',
      'thread.item.done hidden_context_item',
      'notice',
      'client_effect',
      'thread.item.done end_of_turn',
      'workflow.task.updated',
      'thread.item.done hidden_context_item',
      'thread.item.done workflow',
      'thread.item.added assistant_message',
      'assistant_message.content_part.added',
      'assistant_message.content_part.text_delta',
      'assistant_message.content_part.done',
      'thread.item.done assistant_message',
    ]);
    expect(thread.thread.status).toEqual({ type: 'locked', reason: 'Enough' });
  });

  it('streams a widget while it runs', async () => {
    const model = new ScriptedModel([[call('weather')], [assistantMessage('Sunny.')]]);
    const weather = serverTool('weather', async (reply) => {
      await reply.widget(
        (async function* () {
          yield card([text('Lo', { id: 'state', streaming: true })]);
          yield card([text('Loading', { id: 'state', streaming: true })]);
          yield card([text('Loading: 20°', { id: 'state', streaming: false })]);
        })(),
        { copyText: '20°' },
      );
      return {};
    });
    const responder = await setUp(model, weather);
    const reply = await createFakeThread().say('hi').run(responder);
    expect(kinds(reply.events)).toContain('widget.streaming_text.value_delta');
    const done = reply.events.find(
      (event) => event.type === 'thread.item.done' && event.item.type === 'widget',
    );
    expect(done).toMatchObject({
      item: { copy_text: '20°', widget: { children: [{ value: 'Loading: 20°' }] } },
    });
  });

  it('is told what is wrong with an event, and the reply goes on without it', async () => {
    const model = new ScriptedModel([[call('wrong')], [assistantMessage('Sorry.')]]);
    const wrong = serverTool('wrong', (reply) =>
      reply.stream({ type: 'notice', level: 'loud' as 'info', message: 'Hey' }),
    );
    const responder = await setUp(model, wrong);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('Sorry.');
    const line = thread.logs.find(({ event }) => event === 'tool-failed');
    expect(line).toMatchObject({ tool: 'wrong', err: { message: expect.stringContaining('level: ') } });
  });

  it('that was stopped for its time writes no more', async () => {
    const model = new ScriptedModel([[call('slow')], [assistantMessage('Too slow.')]]);
    const late = Promise.withResolvers<unknown>();
    const slow = serverTool(
      'slow',
      async (reply, { signal }) => {
        await reply.text('Begun.');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await Promise.resolve(reply.text('Late.')).then(late.resolve, late.resolve);
      },
      50,
    );
    const responder = await setUp(model, slow);
    const reply = await createFakeThread().say('hi').run(responder);
    expect(await late.promise).toBeInstanceOf(Error);
    expect(reply.messages.map(({ content }) => content[0]?.text)).toEqual(['Begun.', 'Too slow.']);
  });

  it('waits for a slow reader', async () => {
    const model = new ScriptedModel([[call('flood'), call('flood', {}, 'b')], [assistantMessage('Done.')]]);
    let sent = 0;
    const flood = serverTool('flood', async (reply) => {
      for (let index = 0; index < 2_000; index += 1) {
        await reply.progress(`${index}`);
        sent += 1;
      }
    });
    const responder = await setUp(model, flood);
    let read = 0;
    let most = 0;
    for await (const event of responder.respond(createFakeThread().say('hi'))) {
      if (event.type === 'progress_update') read += 1;
      most = Math.max(most, sent - read);
      if (read % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(4_000);
    expect(most).toBeLessThan(2_000);
  });

  it('takes back what it showed when a guardrail trips', async () => {
    const model = new ScriptedModel([[call('show')], [assistantMessage('Unfit.')]]);
    const show = serverTool('show', async (reply) => {
      await reply.widget(card([title('Unfit')]));
      await reply.hidden('Unfit');
    });
    const agent = await createTestAgent({
      model,
      config: { tools: [] },
      overrides: {
        tools: [show],
        outputGuardrails: [
          { name: 'unfit', execute: async () => ({ tripwireTriggered: true, outputInfo: {} }) },
        ],
      },
    });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(agent.responder);
    expect(reply.error).toMatchObject({ message: expect.stringContaining('safety rule') });
    expect(typesOf(thread.items)).toEqual(['user_message']);
  });
});

describe('a client tool', () => {
  it('ends the turn as the last item, and the agent goes on with what came of it', async () => {
    const model = new ScriptedModel([
      [assistantMessage('One moment.'), call('switch_theme', { theme: 'dark' }, 'c1')],
      [assistantMessage('It is dark now.')],
    ]);
    const responder = await setUp(model, switchTheme);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(typesOf(thread.items)).toEqual(['user_message', 'assistant_message', 'client_tool_call']);
    expect(thread.items.at(-1)).toMatchObject({
      status: 'pending',
      call_id: 'c1',
      name: 'switch_theme',
      arguments: { theme: 'dark' },
    });
    const second = await thread.answer({ ok: true }).run(responder);
    expect(second.text).toBe('It is dark now.');
    expect(model.lastCall!.request.input).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { type: 'function_call', callId: 'c1', name: 'switch_theme', arguments: '{"theme":"dark"}' },
      { type: 'function_call_result', callId: 'c1', output: '{"ok":true}' },
    ]);
    model.assertComplete();
  });

  it('lets the tools beside it finish, and of several the first is run', async () => {
    const model = new ScriptedModel([
      [
        call('switch_theme', { theme: 'dark' }, 'c1'),
        call('look', {}, 'c2'),
        call('switch_theme', { theme: 'light' }, 'c3'),
      ],
      [assistantMessage('Done.')],
    ]);
    const look = serverTool('look', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { seen: true };
    });
    const responder = await setUp(model, switchTheme, look);
    const thread = createFakeThread();
    await thread.say('hi').run(responder);
    expect(thread.items.at(-1)).toMatchObject({ type: 'client_tool_call', call_id: 'c1' });
    expect(thread.items.filter(({ type }) => type === 'client_tool_call')).toHaveLength(1);
    await thread.answer('dark').run(responder);
    const outputs = (model.lastCall!.request.input as any[])
      .filter(({ type }) => type === 'function_call_result')
      .map(({ callId, output }) => [callId, output]);
    expect(Object.fromEntries(outputs)).toEqual({
      c1: 'dark',
      c2: '{"seen":true}',
      c3: expect.stringContaining('not run'),
    });
  });

  it('with wrong arguments is answered to the model, and the page is not asked', async () => {
    const model = new ScriptedModel([
      [call('switch_theme', { theme: 'pink' }, 'c1')],
      [assistantMessage('There is no pink.')],
    ]);
    const responder = await setUp(model, switchTheme);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.text).toBe('There is no pink.');
    expect(typesOf(thread.items)).toEqual(['user_message', 'assistant_message']);
  });

  it('that the user picked is not forced again when the reply goes on', async () => {
    const model = new ScriptedModel([
      [call('switch_theme', { theme: 'dark' }, 'c1')],
      [assistantMessage('Dark.')],
    ]);
    const responder = await setUp(model, switchTheme);
    const thread = createFakeThread();
    await thread.say('hi', { inference: { tool_choice: { id: 'switch_theme' } } }).run(responder);
    expect(model.calls[0]!.request.modelSettings.toolChoice).toBe('switch_theme');
    await thread.answer({}).run(responder);
    expect(model.lastCall!.request.modelSettings.toolChoice).toBeUndefined();
  });

  it('called in the last model call that is allowed is no failure', async () => {
    const model = new ScriptedModel([[call('switch_theme', { theme: 'dark' }, 'c1')]]);
    const agent = await createTestAgent({
      model,
      config: { tools: [], maxTurns: 1 },
      overrides: { tools: [switchTheme] },
    });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const reply = await createFakeThread().say('hi').run(agent.responder);
    expect(reply.error).toBeUndefined();
  });
});

describe('a question of a tool', () => {
  it('ends the turn as the last item, and the agent goes on with the answers', async () => {
    const model = new ScriptedModel([[call('order', {}, 'c1')], [assistantMessage('A large one.')]]);
    const asked = vi.fn();
    const order = serverTool('order', async (reply) => {
      const item = await reply.ask([
        { id: 'size', question: 'Which size?', options: ['small', 'large'] },
        { question: 'Anything else?', description: 'Milk, sugar' },
      ]);
      asked(item.inputs.map(({ id, type }) => [id, type]));
      return 'The user is asked for the size.';
    });
    const responder = await setUp(model, order);
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(asked).toHaveBeenCalledWith([
      ['size', 'multiple_choice'],
      ['q2', 'freeform'],
    ]);
    expect(thread.items.at(-1)).toMatchObject({ type: 'structured_input', status: 'pending' });
    expect(kinds(reply.events).slice(-2)).toEqual([
      'thread.item.done workflow',
      'thread.item.done structured_input',
    ]);
    const turn = thread.answer('large');
    expect(answersOf(turn.resumes)).toEqual({ size: ['large'], q2: ['large'] });
    expect((await turn.run(responder)).text).toBe('A large one.');
    expect(JSON.stringify(model.lastCall!.request.input)).toContain('Answer: large');
  });

  it('beside another question or a client tool is refused', async () => {
    const model = new ScriptedModel([[call('first', {}, 'c1'), call('second', {}, 'c2')]]);
    const ask = (name: string) =>
      serverTool(name, async (reply) => void (await reply.ask(`What about ${name}?`)));
    const responder = await setUp(model, ask('first'), ask('second'));
    const thread = createFakeThread();
    const reply = await thread.say('hi').run(responder);
    expect(reply.error).toBeUndefined();
    expect(thread.items.filter(({ type }) => type === 'structured_input')).toHaveLength(1);
    expect(JSON.stringify(thread.items)).toContain('being asked something else already');
  });
});
