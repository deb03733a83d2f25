import {
  FRAMES,
  hosted,
  image,
  message,
  PICTURE,
  rawReasoning,
  reasoning,
  response,
  type Frame,
} from '../support/responses-stream.ts';

export interface StreamCase {
  readonly name: string;
  readonly events: readonly Frame[];
  /** Frames of a picture that are expected. */
  readonly partialImages?: number;
}

const url = {
  type: 'url_citation',
  url: 'https://docs.example/a',
  title: 'Docs',
  start_index: 0,
  end_index: 4,
};
const file = { type: 'file_citation', file_id: 'file_1', filename: 'plan.pdf', index: 3 };
const container = {
  type: 'container_file_citation',
  container_id: 'cntr_1',
  file_id: 'cfile_1',
  filename: 'plot.png',
  start_index: 1,
  end_index: 5,
};
const search = hosted(
  { id: 'ws_1', type: 'web_search_call' },
  {
    action: { type: 'search', query: 'weather', sources: [{ type: 'url', url: 'https://weather.example/' }] },
  },
);

/** Recorded shapes of Responses streams: what each of two implementations makes of them is compared. */
export const STREAM_CASES: readonly StreamCase[] = [
  { name: 'a text', events: response(message('msg_1', [{ deltas: ['Hello', ' there', '.'] }])) },
  {
    name: 'a message of two parts',
    events: response(message('msg_1', [{ deltas: ['One.'] }, { deltas: ['Two', '.'] }])),
  },
  {
    name: 'a comment and a final answer',
    events: response(
      message('msg_1', [{ deltas: ['Let me see.'] }], { phase: 'commentary' }),
      message('msg_2', [{ deltas: ['It is so.'] }], { phase: 'final_answer' }),
    ),
  },
  {
    name: 'every kind of citation',
    events: response(
      message('msg_1', [
        { deltas: ['See ', 'this.'], annotations: [url, file, container] },
        { deltas: ['And that.'], annotations: [url] },
      ]),
    ),
  },
  {
    name: 'citations that cannot be shown',
    events: response(
      message('msg_1', [
        {
          deltas: ['See this.'],
          annotations: [
            { type: 'file_path', file_id: 'file_1', index: 0 },
            { ...file, filename: '' },
            { ...container, filename: '' },
            url,
          ],
        },
      ]),
    ),
  },
  {
    name: 'a refusal',
    events: response(message('msg_1', [{ deltas: ['I will', ' not.'], isRefusal: true }])),
  },
  {
    name: 'a thought before a text',
    events: response(reasoning('rs_1', [['First ', 'this.']]), message('msg_1', [{ deltas: ['Yes.'] }])),
  },
  {
    name: 'several thoughts',
    events: response(
      reasoning('rs_1', [['First ', 'this.'], ['Then ', 'that.'], ['So.']]),
      reasoning('rs_2', [['Once ', 'more.']]),
      message('msg_1', [{ deltas: ['Yes.'] }]),
    ),
  },
  {
    name: 'reasoning without a summary',
    events: response(reasoning('rs_1', []), message('msg_1', [{ deltas: ['Yes.'] }])),
  },
  {
    name: 'a search of the web while thinking',
    events: response(reasoning('rs_1', [['Where?']]), search, message('msg_1', [{ deltas: ['There.'] }])),
  },
  {
    name: 'raw thoughts of an open model',
    events: response(rawReasoning('rs_1', ['I ', 'think.']), message('msg_1', [{ deltas: ['Yes.'] }])),
  },
  {
    name: 'a picture with frames',
    events: response(image('ig_1', FRAMES, PICTURE), message('msg_1', [{ deltas: ['Here.'] }])),
    partialImages: 3,
  },
  {
    name: 'a picture whose frames were not announced',
    events: response(image('ig_1', FRAMES, PICTURE), message('msg_1', [{ deltas: ['Here.'] }])),
  },
  {
    name: 'a picture alone',
    events: response(image('ig_1', [], PICTURE)),
  },
  {
    name: 'a picture that failed',
    events: response(image('ig_1', [], null), message('msg_1', [{ deltas: ['Sorry.'] }])),
  },
  {
    name: 'a picture after a thought',
    events: response(
      reasoning('rs_1', [['A cat.']]),
      image('ig_1', [FRAMES[0]], PICTURE),
      message('msg_1', [{ deltas: ['Here.'] }]),
    ),
    partialImages: 1,
  },
];
