import { expect, it } from 'vitest';
import type { Citation } from '../../../src/agent/reply/converter.ts';
import { message, playResponses, response } from '../../support/responses-stream.ts';

const file = { type: 'file_citation', file_id: 'file_1', filename: 'plan.pdf', index: 3 };
const page = {
  type: 'url_citation',
  url: 'https://docs.example/a',
  title: 'Docs',
  start_index: 0,
  end_index: 4,
};

it('a converter of citations decides what is shown of each, in the stream and in what is kept', async () => {
  const asked: Citation[] = [];
  const reply = await playResponses(
    [response(message('msg_1', [{ deltas: ['See this.'], annotations: [file, page, file] }]))],
    {
      converter: {
        async annotation(citation) {
          asked.push(citation);
          if (citation.type === 'url_citation') return undefined;
          const name = `${String(citation['filename'])} ${asked.length}`;
          return { type: 'annotation', source: { type: 'file', title: name, filename: name }, index: 1 };
        },
      },
    },
  );
  expect(asked.map(({ type }) => type)).toEqual(['file_citation', 'url_citation', 'file_citation']);
  const annotations = ['plan.pdf 1', 'plan.pdf 3'].map((name) => ({
    type: 'annotation',
    source: { type: 'file', title: name, filename: name },
    index: 1,
  }));
  const shown = reply.events.flatMap((event) =>
    event.type === 'thread.item.updated' &&
    event.update.type === 'assistant_message.content_part.annotation_added'
      ? [event.update]
      : [],
  );
  expect(shown).toMatchObject(
    annotations.map((annotation, annotation_index) => ({ annotation, annotation_index, content_index: 0 })),
  );
  expect(reply.events.at(-1)).toMatchObject({
    type: 'thread.item.done',
    item: { content: [{ text: 'See this.', annotations }] },
  });
});
