import { describe, expect, it } from 'vitest';
import type { Annotation } from '../../../src/chatkit/protocol/common.ts';
import type { AssistantMessageItem } from '../../../src/chatkit/protocol/items.ts';
import { threadStreamEvent } from '../../../src/chatkit/protocol/events.ts';
import {
  message,
  playResponses,
  reasoning,
  response,
  type StreamedItem,
} from '../../support/responses-stream.ts';

const citation = {
  type: 'url_citation',
  url: 'https://a.example/',
  title: 'A',
  start_index: 0,
  end_index: 3,
};
const annotation: Annotation = {
  type: 'annotation',
  source: { type: 'url', url: 'https://a.example/', title: 'A' },
  index: 3,
};

/** Only those of its events whose type ends so. */
const only = (streamed: StreamedItem, ...endings: readonly string[]): StreamedItem => ({
  item: streamed.item,
  events: streamed.events.filter(({ type }) => endings.some((ending) => String(type).endsWith(ending))),
});

const contentsOf = (messages: readonly AssistantMessageItem[]) => messages.map(({ content }) => content);

describe('a server that streams only a part of what it says', () => {
  const cited = message('msg_1', [{ deltas: ['See ', 'A.'], annotations: [citation] }]);
  const whole = [[{ type: 'output_text', text: 'See A.', annotations: [annotation] }]];

  it.each([
    ['the finished item alone', only(cited, 'output_item.done')],
    ['no deltas', only(cited, 'item.added', 'part.added', 'annotation.added', 'item.done')],
    ['no citations', only(cited, 'item.added', 'part.added', 'text.delta', 'item.done')],
    ['no parts', only(cited, 'item.added', 'text.delta', 'annotation.added', 'item.done')],
    ['everything', cited],
    ['only the final response', { ...cited, events: [] }],
  ])('is understood by %s', async (name, streamed) => {
    const reply = await playResponses([response(streamed)]);
    expect(reply.error).toBeUndefined();
    // The agents SDK keeps no citations of a response that was not streamed.
    const annotations = name === 'only the final response' ? [] : [annotation];
    expect(contentsOf(reply.messages)).toEqual([[{ type: 'output_text', text: 'See A.', annotations }]]);
    for (const event of reply.events) expect(threadStreamEvent.parse(event)).toEqual(event);
  });

  it('is understood when a citation comes after its part', async () => {
    const late = [...cited.events].sort(
      (left, right) => Number(left['annotation'] !== undefined) - Number(right['annotation'] !== undefined),
    );
    const events = late.filter(({ type }) => !String(type).endsWith('item.done'));
    const end = cited.events.at(-1);
    const reply = await playResponses([
      response({ item: cited.item, events: end === undefined ? events : [...events, end] }),
    ]);
    expect(contentsOf(reply.messages)).toEqual(whole);
  });

  it('does not lose a thought of which only the end was told', async () => {
    const thought = reasoning('rs_1', [['First ', 'this.'], ['Then that.']]);
    for (const streamed of [only(thought, 'text.done'), only(thought, 'item.done')]) {
      const reply = await playResponses([response(streamed, cited)]);
      const done = reply.events.find(
        (event) => event.type === 'thread.item.done' && event.item.type === 'workflow',
      );
      expect(done).toMatchObject({
        item: { workflow: { tasks: [{ content: 'First this.' }, { content: 'Then that.' }] } },
      });
    }
  });
});

describe('citations', () => {
  it('are bounded', async () => {
    const annotations = Array.from({ length: 700 }, () => citation);
    const reply = await playResponses([response(message('msg_1', [{ deltas: ['A'], annotations }]))]);
    expect(reply.messages[0]?.content[0]?.annotations).toHaveLength(500);
  });

  it('of an address that is no web page are left out', async () => {
    const annotations = [{ ...citation, url: 'javascript:alert(1)' }, citation];
    const reply = await playResponses([response(message('msg_1', [{ deltas: ['A'], annotations }]))]);
    expect(reply.messages[0]?.content[0]?.annotations).toEqual([annotation]);
  });

  it('can be converted by somebody else, and stay in their order', async () => {
    const second = { type: 'file_citation', file_id: 'file_7', filename: '', index: 1 };
    const reply = await playResponses(
      [response(message('msg_1', [{ deltas: ['A'], annotations: [second, citation] }]))],
      {
        converter: {
          async annotation(given) {
            await new Promise((resolve) => setTimeout(resolve, given.type === 'file_citation' ? 20 : 0));
            const title = String(given['file_id'] ?? given['title']);
            return { type: 'annotation', source: { type: 'file', filename: title, title } };
          },
        },
      },
    );
    const titles = reply.messages[0]?.content[0]?.annotations.map(({ source }) => source.title);
    expect(titles).toEqual(['file_7', 'A']);
  });
});

it('a refusal is a reply that ends well', async () => {
  const refusal = message('msg_1', [{ deltas: ['I will', ' not.'], isRefusal: true }]);
  for (const streamed of [refusal, { ...refusal, events: [] }]) {
    const reply = await playResponses([response(streamed)]);
    expect(reply.error).toBeUndefined();
    expect(reply.text).toBe('I will not.');
  }
});

it('thinking that tells nothing is shown with its duration', async () => {
  const reply = await playResponses([
    response(reasoning('rs_1', []), message('msg_1', [{ deltas: ['Yes.'] }])),
  ]);
  expect(reply.events.slice(0, 2)).toMatchObject([
    { type: 'thread.item.added', item: { type: 'workflow' } },
    {
      type: 'thread.item.done',
      item: { workflow: { type: 'reasoning', tasks: [], summary: { duration: 0 } } },
    },
  ]);
});
