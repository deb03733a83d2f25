import { assistantMessage, modelError, modelResponder, ScriptedModel } from '@openai/agents-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { titleFromMessage, toTitle } from '../../../src/chatkit/title.ts';
import { createTestAgent, type TestAgentOptions } from '../../support/agent.ts';
import { createFakeThread } from '../../support/turn.ts';

async function setUp(options: TestAgentOptions) {
  const agent = await createTestAgent({ ...options, config: { titles: true, ...options.config } });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent;
}

/** The reply and the title are asked for side by side, so the script goes by what is asked. */
function titledModel(reply: string, title: ScriptedTitle) {
  const answer = modelResponder(async ({ request }) => {
    const isTitle = request.systemInstructions?.startsWith('Write a title') === true;
    return [assistantMessage(isTitle ? await title() : reply)];
  });
  return new ScriptedModel([answer, answer, answer, answer]);
}
type ScriptedTitle = () => string | Promise<string>;

describe('the title of a thread', () => {
  it('is written by the model after the first turn, and left alone after it', async () => {
    let asked = 0;
    const model = titledModel('Hello.', () => {
      asked += 1;
      return '"A First\tHello."\nAnd more';
    });
    const { responder } = await setUp({ model });
    const thread = createFakeThread();
    await thread.say('hello there').run(responder);
    expect(thread.thread.title).toBe('A First Hello');
    await thread.say('and again').run(responder);
    expect(asked).toBe(1);
  });

  it('is the first words of the message when the model gives none, and no reply fails for it', async () => {
    const model = titledModel('Hello.', () => {
      throw new Error('no titles today');
    });
    const { responder } = await setUp({ model });
    const thread = createFakeThread();
    const reply = await thread.say('one two three four five six seven eight nine').run(responder);
    expect(reply.error).toBeUndefined();
    expect(thread.thread.title).toBe('one two three four five six seven eight…');
    expect(thread.logs).toContainEqual(
      expect.objectContaining({ event: 'title-failed', reason: 'no titles today' }),
    );
  });

  it('is not waited for without end', async () => {
    const model = titledModel('Hello.', () => new Promise<string>(() => {}));
    const { responder } = await setUp({ model, overrides: { titleTimeoutMs: 20 } });
    const thread = createFakeThread();
    await thread.say('hello there').run(responder);
    expect(thread.thread.title).toBe('hello there');
  });

  it('is not asked for when the reply fails', async () => {
    const model = new ScriptedModel([modelError(new Error('down'))]);
    const { responder } = await setUp({ model });
    const thread = createFakeThread();
    expect((await thread.say('hello').run(responder)).error).toBeDefined();
    expect(thread.thread.title).toBeUndefined();
    expect(model.calls).toHaveLength(1);
  });

  it('does not replace a name that the user gave meanwhile', async () => {
    const thread = createFakeThread();
    const model = titledModel('Hello.', () => {
      thread.thread.title = 'My own name';
      return 'Another';
    });
    const { responder } = await setUp({ model });
    await thread.say('hello').run(responder);
    expect(thread.thread.title).toBe('My own name');
  });

  it('can be turned off', async () => {
    const { responder } = await setUp({ model: titledModel('Hello.', () => 'A'), config: { titles: false } });
    const thread = createFakeThread();
    await thread.say('hello').run(responder);
    expect(thread.thread.title).toBeUndefined();
  });

  it.each([
    ['add a task to buy milk', 'New task: Buy milk'],
    ['what are my tasks?', 'My tasks'],
    ['mark milk as done', 'Completing milk'],
    ['hello', 'Getting started'],
    ['who wrote Faust?', 'who wrote Faust?'],
  ])('by the demo model for "%s" is "%s"', async (text, title) => {
    const { responder } = await setUp({});
    const thread = createFakeThread();
    await thread.say(text).run(responder);
    expect(thread.thread.title).toBe(title);
  });
});

describe('a title', () => {
  it.each([
    ['  Plain  ', 'Plain'],
    ['Title: The Plan.', 'The Plan'],
    ['## **Bold** plan', 'Bold** plan'],
    ['“Quoted”', 'Quoted'],
    ['\n\nSecond line\nThird', 'Second line'],
    ['', undefined],
    ['"""', undefined],
  ])('from %j is %j', (answer, title) => {
    expect(toTitle(answer)).toBe(title);
  });

  it('looks at the beginning of a text only, so that a long one costs nothing', () => {
    const long = `a${'.'.repeat(1_000_000)}b`;
    expect(titleFromMessage(long)).toMatch(/^a/);
    expect(toTitle(long)).toMatch(/^a/);
  });

  it('is short, and never ends in half a character', () => {
    expect(toTitle('word '.repeat(100))!.length).toBeLessThanOrEqual(80);
    for (const length of [38, 39, 40, 41]) {
      const title = toTitle(`${'a'.repeat(length)}${'😀'.repeat(100)}`)!;
      expect(title.length).toBeLessThanOrEqual(80);
      expect(title.isWellFormed()).toBe(true);
    }
    expect(titleFromMessage('   ')).toBeUndefined();
  });
});
