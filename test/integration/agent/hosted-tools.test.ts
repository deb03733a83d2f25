import { describe, expect, it, onTestFinished } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { createTestAgent } from '../../support/agent.ts';
import { startMockModel } from '../../support/model-server.ts';
import {
  hosted,
  message,
  playResponses,
  reasoning,
  response,
  type Frame,
  type StreamedItem,
} from '../../support/responses-stream.ts';
import { createFakeThread } from '../../support/turn.ts';

const answer = message('msg_1', [{ deltas: ['So.'] }]);

const workflowsOf = (events: readonly ResponderEvent[]) =>
  events.flatMap((event) =>
    event.type === 'thread.item.done' && event.item.type === 'workflow' ? [event.item.workflow] : [],
  );

async function taskOf(start: Frame, end: Frame) {
  const reply = await playResponses([response(hosted(start, end), answer)]);
  expect(reply.error).toBeUndefined();
  const [workflow, ...more] = workflowsOf(reply.events);
  expect(more).toEqual([]);
  expect(workflow).toMatchObject({ type: 'custom', summary: { duration: 0 }, expanded: false });
  expect(workflow?.tasks).toHaveLength(1);
  return workflow?.tasks[0];
}

describe('a tool that the server of the model runs', () => {
  it('is a search of the web with its queries and its sources, each once', async () => {
    const sources = [
      'https://a.example/1',
      'https://b.example/',
      'https://a.example/1',
      'javascript:alert(1)',
    ];
    const task = await taskOf(
      { id: 'ws_1', type: 'web_search_call' },
      {
        action: {
          type: 'search',
          query: 'weather',
          queries: ['weather', 'rain'],
          sources: sources.map((url) => ({ type: 'url', url })),
        },
      },
    );
    expect(task).toEqual({
      type: 'web_search',
      status_indicator: 'complete',
      title: 'Searched the web',
      title_query: 'weather',
      queries: ['weather', 'rain'],
      sources: [
        { type: 'url', url: 'https://a.example/1', title: 'a.example' },
        { type: 'url', url: 'https://b.example/', title: 'b.example' },
      ],
    });
  });

  it('is a page that was read', async () => {
    const action = { type: 'find_in_page', url: 'https://a.example/1', pattern: 'rain' };
    expect(await taskOf({ id: 'ws_1', type: 'web_search_call' }, { action })).toMatchObject({
      title: 'Read a page',
      queries: ['rain'],
      sources: [{ url: 'https://a.example/1' }],
    });
  });

  it('is a search of files', async () => {
    const results = [{ filename: 'a.pdf' }, { filename: 'b.pdf' }, { filename: 'a.pdf' }, {}];
    expect(
      await taskOf({ id: 'fs_1', type: 'file_search_call', queries: ['plan'] }, { results }),
    ).toMatchObject({
      type: 'file',
      status_indicator: 'complete',
      sources: [{ filename: 'a.pdf' }, { filename: 'b.pdf' }],
    });
  });

  it('is code, in a fence that it cannot leave', async () => {
    const task = await taskOf(
      { id: 'ci_1', type: 'code_interpreter_call', code: '' },
      { code: 'print("```")', outputs: null },
    );
    expect(task).toMatchObject({ type: 'custom', content: '````python\nprint("```")\n````' });
  });

  it.each([
    [{ output: '3' }, { status_indicator: 'complete', title: 'Used Sums: add' }],
    [{ error: { message: 'secret' } }, { status_indicator: 'none', content: 'This step failed.' }],
    [{ status: 'failed' }, { status_indicator: 'none', title: 'Using Sums: add' }],
  ])('is a tool of an MCP server that ended with %j', async (end, task) => {
    const start = { id: 'mcp_1', type: 'mcp_call', name: 'add', server_label: 'Sums', arguments: '{}' };
    expect(await taskOf(start, end)).toMatchObject({ type: 'custom', ...task });
  });

  it('belongs to the thoughts around it', async () => {
    const search = hosted(
      { id: 'ws_1', type: 'web_search_call' },
      { action: { type: 'search', query: 'q' } },
    );
    const reply = await playResponses([
      response(reasoning('rs_1', [['Where?']]), search, reasoning('rs_2', [['There.']]), answer),
    ]);
    const [workflow, ...more] = workflowsOf(reply.events);
    expect(more).toEqual([]);
    expect(workflow?.type).toBe('reasoning');
    expect(workflow?.tasks.map(({ type }) => type)).toEqual(['thought', 'web_search', 'thought']);
  });

  it('that never ends does not look as if it went on', async () => {
    const { item, events } = hosted({ id: 'ws_1', type: 'web_search_call' }, {});
    const reply = await playResponses([response({ item, events: events.slice(0, 1) }, answer)]);
    expect(workflowsOf(reply.events)[0]?.tasks[0]?.status_indicator).toBe('none');
  });

  it('is shown 200 times in one workflow, and its text is bounded', async () => {
    const long = 'x'.repeat(100_000);
    const many = Array.from({ length: 230 }, (_, index) =>
      hosted(
        { id: `ws_${index}`, type: 'web_search_call' },
        { action: { type: 'search', query: long, sources: [] } },
      ),
    );
    const reply = await playResponses([response(...many, answer)]);
    const [workflow] = workflowsOf(reply.events);
    expect(workflow?.tasks).toHaveLength(200);
    expect(JSON.stringify(workflow).length).toBeLessThan(300_000);
  });

  it('of a real mock of OpenAI is shown too', async () => {
    const { mock, baseUrl } = await startMockModel();
    const agent = await createTestAgent({ config: { api: 'responses', baseUrl, model: 'gpt-5' } });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    mock.onMessage('news', { content: 'Sun.', reasoning: 'I look it up.', webSearches: ['news today'] });
    const reply = await createFakeThread().say('news').run(agent.responder);
    expect(reply.error).toBeUndefined();
    expect(workflowsOf(reply.events)).toMatchObject([
      { type: 'reasoning', tasks: [{ content: 'I look it up.' }, { queries: ['news today'] }] },
    ]);
    expect(reply.text).toBe('Sun.');
  });
});

describe('output that is not shown', () => {
  it('is logged once for each kind, and the reply goes on', async () => {
    const call = (id: string, type: string): StreamedItem => hosted({ id, type, encrypted_content: 'x' }, {});
    const reply = await playResponses([
      response(call('a', 'compaction'), call('b', 'compaction'), call('c', 'mcp_list_tools'), answer),
    ]);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('So.');
    const ignored = reply.logs.filter(({ event }) => event === 'output-ignored');
    expect(ignored.map(({ itemType }) => itemType)).toEqual(['compaction']);
  });
});
