import { LLMock } from '@copilotkit/aimock';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type ModelApi = 'responses' | 'chat_completions';
export const MODEL_APIS: readonly ModelApi[] = ['responses', 'chat_completions'];

/** A mock of OpenAI that lives as long as the test. @param options.apiKey the only key that it takes */
export async function startMockModel(
  options: { readonly apiKey?: string } = {},
): Promise<{ mock: LLMock; baseUrl: string }> {
  const auth = options.apiKey === undefined ? {} : { auth: { apiKeys: [options.apiKey] } };
  const mock = new LLMock({ port: 0, host: '127.0.0.1', ...auth });
  await mock.start();
  onTestFinished(() => mock.stop());
  return { mock, baseUrl: `${mock.url}/v1` };
}

export interface RawModel {
  readonly baseUrl: string;
  readonly requests: { readonly headers: IncomingMessage['headers']; readonly body: any }[];
  connections(): number;
  /** How many requests the client has left before their response was finished. */
  aborted(): number;
}

/** A model server whose answers the test writes byte by byte. It lives as long as the test. */
export async function startRawModel(answer: (res: ServerResponse) => void): Promise<RawModel> {
  const requests: RawModel['requests'] = [];
  let aborted = 0;
  let connections = 0;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      requests.push({ headers: req.headers, body: JSON.parse(Buffer.concat(chunks).toString() || '{}') });
      answer(res);
    });
    res.on('close', () => {
      if (!res.writableFinished) aborted += 1;
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    connections: () => connections,
    aborted: () => aborted,
  };
}

/** The beginning of a stream that says `words`, without its end. */
export function startStream(res: ServerResponse, api: ModelApi, words: readonly string[]): void {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const frame of streamFrames(api, words)) res.write(`data: ${JSON.stringify(frame)}\n\n`);
}

/** The last events of a stream that said "Hello!". */
export function endOfStream(api: ModelApi): string {
  if (api === 'chat_completions') {
    const last = { id: 'chatcmpl-1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
    return `data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`;
  }
  const content = [{ type: 'output_text', text: 'Hello!', annotations: [] }];
  const message = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const response = { id: 'resp_1', status: 'completed', output: [message], usage };
  return [
    { type: 'response.output_item.done', output_index: 0, item: message },
    { type: 'response.completed', response },
  ]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('');
}

function streamFrames(api: ModelApi, words: readonly string[]): object[] {
  if (api === 'chat_completions') {
    return words.map((content) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    }));
  }
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  return [
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
    },
    {
      type: 'response.content_part.added',
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...words.map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
  ];
}
