import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createConformantClient } from '../../support/conformant-client.ts';
import { startGateway } from '../../support/gateway.ts';
import { startRawModel } from '../../support/model-server.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';
import { create, getThread } from '../../support/requests.ts';
import { FRAMES, image, message, PICTURE, response, type Frame } from '../../support/responses-stream.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

/** A gateway whose model says these frames, and then ends or is silent. */
async function setUp(frames: readonly Frame[], ends: boolean) {
  const model = await startRawModel((res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const frame of frames) res.write(`data: ${JSON.stringify(frame)}\n\n`);
    if (ends) res.end();
  });
  const gateway = await startGateway({
    config: { agent: { api: 'responses', baseUrl: model.baseUrl, model: 'test-model', titles: false } },
  });
  return { gateway, model, user: await gateway.signIn() };
}

const url = (base64: string) => `data:image/png;base64,${base64}`;

it('a picture reaches the browser frame by frame and is kept, as the models of openai-chatkit have it', async () => {
  const frames = response(image('ig_1', FRAMES, PICTURE), message('msg_1', [{ deltas: ['Here.'] }]));
  const { gateway, user } = await setUp(frames, true);
  await using _stop = gateway;
  const client = createConformantClient(user, oracle);
  const events = await client.send(create('draw'));
  expect(events.flatMap(({ update }: any) => update?.image?.url ?? [])).toEqual(FRAMES.map(url));
  const { items } = await client.send(getThread(events[0].thread.id));
  expect(items.data.map(({ type }: any) => type)).toEqual([
    'user_message',
    'generated_image',
    'assistant_message',
  ]);
  expect(items.data[1].image.url).toBe(url(PICTURE));
});

it('S19: the frame that was shown of a picture is kept when the user stops the reply', async () => {
  const frames = response(image('ig_1', [FRAMES[0]], PICTURE));
  const { gateway, user, model } = await setUp(frames.slice(0, 5), false);
  await using _stop = gateway;
  const stop = new AbortController();
  const answer = await user.chatkit(create('draw'), { signal: stop.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('generated_image.updated')) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) throw new Error(`the stream ended: ${seen}`);
    seen += value;
  }
  stop.abort();
  await vi.waitFor(() => expect(model.aborted()).toBe(1), 5_000);
  const threadId = /"id":"(thr_[0-9a-f]+)"/.exec(seen)?.[1] ?? '';
  const client = createConformantClient(user, oracle);
  await vi.waitFor(async () => {
    const { items } = await client.send(getThread(threadId));
    expect(items.data[1]).toMatchObject({ type: 'generated_image', image: { url: url(FRAMES[0]) } });
  }, 5_000);
});
