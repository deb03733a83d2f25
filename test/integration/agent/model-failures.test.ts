import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { ReplyError } from '../../../src/chatkit/responder.ts';
import { createTestAgent } from '../../support/agent.ts';
import {
  MODEL_APIS,
  startMockModel,
  startRawModel,
  startStream,
  type ModelApi,
} from '../../support/model-server.ts';
import { createFakeThread } from '../../support/turn.ts';

const KEY = 'sk-test-key';

async function setUp(api: ModelApi, baseUrl: string, config: Record<string, unknown> = {}, maxRetries = 0) {
  const agent = await createTestAgent({
    config: { api, baseUrl, apiKey: KEY, model: 'test-model', ...config },
    overrides: { maxRetries },
  });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent;
}

/** Runs one turn that fails, and checks what must hold of every failure. */
async function failing(api: ModelApi, baseUrl: string, config: Record<string, unknown> = {}) {
  const { responder } = await setUp(api, baseUrl, config);
  const thread = createFakeThread();
  const reply = await thread.say('hello').run(responder);
  expect(reply.error).toBeInstanceOf(ReplyError);
  const { message, allowRetry } = reply.error as ReplyError;
  expect(message).not.toContain('127.0.0.1');
  expect(JSON.stringify(thread.logs)).not.toContain(KEY);
  const lines = thread.logs.filter((line) => line['event'] === 'model-failed');
  expect(lines).toHaveLength(1);
  return { message, allowRetry, failure: lines[0]!['failure'] as Record<string, unknown>, text: reply.text };
}

describe.each(MODEL_APIS)('S11: the %s API', (api) => {
  it.each([
    [400, 'refused', false],
    [401, 'credentials', false],
    [403, 'credentials', false],
    [404, 'unknown-model', false],
    [422, 'refused', false],
    [429, 'busy', true],
    [500, 'unavailable', true],
    [502, 'unavailable', true],
    [503, 'unavailable', true],
  ])('answers %i: a readable error, and the status in the log', async (status, kind, allowRetry) => {
    const { mock, baseUrl } = await startMockModel();
    mock.onMessage('hello', {
      error: { message: `refused, your key is ${KEY}`, type: 'mock' },
      status,
      retryAfter: 3,
    });
    const result = await failing(api, baseUrl);
    expect(result.allowRetry).toBe(allowRetry);
    expect(result.failure).toMatchObject({ kind, status, reason: expect.stringContaining('[redacted]') });
    if (status === 429) expect(result.failure['retryAfter']).toBe('3');
  });

  it('answers a page of HTML', async () => {
    const { baseUrl } = await startRawModel((res) => {
      res.writeHead(502, { 'Content-Type': 'text/html' }).end('<html><h1>Bad gateway</h1></html>');
    });
    const result = await failing(api, baseUrl);
    expect(result.message).not.toContain('html');
    expect(result.failure).toMatchObject({ kind: 'unavailable', status: 502 });
  });

  it('is asked again before the first byte, and not after it', async () => {
    let answers = 0;
    const { baseUrl, requests } = await startRawModel((res) => {
      answers += 1;
      if (answers === 1) res.writeHead(503, { 'retry-after-ms': '1' }).end('{}');
      else {
        startStream(res, api, ['Half']);
        setImmediate(() => res.destroy());
      }
    });
    const { responder } = await setUp(api, baseUrl, {}, 2);
    const reply = await createFakeThread().say('hello').run(responder);
    expect(reply.error).toMatchObject({ allowRetry: true });
    expect(requests).toHaveLength(2);
  });

  it('S4: breaks off in the middle: what was shown stays, and an error follows', async () => {
    const { baseUrl } = await startRawModel((res) => {
      startStream(res, api, ['Half an', ' answer']);
      setTimeout(() => res.destroy(), 20);
    });
    const result = await failing(api, baseUrl);
    expect(result).toMatchObject({ message: 'The reply was cut off. Please try again.', allowRetry: true });
    expect(result.failure['kind']).toBe('cut');
    expect(result.text).toBe('Half an answer');
  });

  it('S4: ends in the middle as if it were done', async () => {
    const { baseUrl } = await startRawModel((res) => {
      startStream(res, api, ['Half an answer']);
      res.end();
    });
    const result = await failing(api, baseUrl);
    expect(result.failure['kind']).toBe('cut');
    expect(result.text).toBe('Half an answer');
  });

  it('S4: is truncated by the mock', async () => {
    const { mock, baseUrl } = await startMockModel();
    mock.onMessage(
      'hello',
      { content: 'A long answer that is cut.' },
      { chunkSize: 4, latency: 5, truncateAfterChunks: 4 },
    );
    expect((await failing(api, baseUrl)).allowRetry).toBe(true);
  });

  it('S4: is disconnected by the mock', async () => {
    const { mock, baseUrl } = await startMockModel();
    mock.onMessage(
      'hello',
      { content: 'A long answer that is cut.' },
      { chunkSize: 2, latency: 30, disconnectAfterMs: 60 },
    );
    expect((await failing(api, baseUrl)).allowRetry).toBe(true);
  });

  it.each(['{"broken', 'null', '7', '{"choices":"none","type":7}'])(
    'sends the malformed event %s',
    async (data) => {
      const { baseUrl } = await startRawModel((res) => {
        startStream(res, api, ['Half']);
        res.write(`data: ${data}\n\n`);
        res.end();
      });
      const result = await failing(api, baseUrl);
      expect(result.allowRetry).toBe(true);
    },
  );

  it('sends an error within the stream', async () => {
    const { baseUrl } = await startRawModel((res) => {
      startStream(res, api, ['Half']);
      res.end(`event: error\ndata: {"error":{"message":"overloaded","code":"rate_limit_exceeded"}}\n\n`);
    });
    const result = await failing(api, baseUrl);
    expect(result.failure).toMatchObject({ kind: 'busy', code: 'rate_limit_exceeded' });
  });

  it('S6: sends nothing at all', async () => {
    const raw = await startRawModel(() => {});
    const result = await failing(api, raw.baseUrl, { requestTimeoutMs: 60 });
    expect(result.failure['kind']).toBe('timeout');
    await vi.waitFor(() => expect(raw.aborted()).toBe(1));
  });

  it('S6: falls silent in the middle', async () => {
    const raw = await startRawModel((res) => startStream(res, api, ['Half']));
    const result = await failing(api, raw.baseUrl, { requestTimeoutMs: 150 });
    expect(result.failure['kind']).toBe('timeout');
    expect(result.text).toBe('Half');
    await vi.waitFor(() => expect(raw.aborted()).toBe(1));
  });

  it('is not there', async () => {
    const result = await failing(api, `http://127.0.0.1:${await freePort()}/v1`);
    expect(result).toMatchObject({ allowRetry: true, failure: { kind: 'unreachable' } });
  });

  it('S3, S18: sees the request end when the user stops, before and after the first byte', async () => {
    for (const words of [undefined, ['Once']]) {
      const raw = await startRawModel((res) => {
        if (words !== undefined) startStream(res, api, words);
      });
      const { responder } = await setUp(api, raw.baseUrl);
      const turn = createFakeThread().say('hello');
      const events: ResponderEvent[] = [];
      void vi
        .waitFor(() => {
          expect(raw.requests).toHaveLength(1);
          if (words !== undefined) expect(JSON.stringify(events)).toContain('Once');
        })
        .then(() => turn.stop());
      for await (const event of responder.respond(turn)) events.push(event);
      await vi.waitFor(() => expect(raw.aborted()).toBe(1));
    }
  });
});

describe('the responses API', () => {
  it.each([
    [
      {
        type: 'response.failed',
        response: { id: 'r', status: 'failed', output: [], error: { code: 'server_error', message: 'oops' } },
      },
      'unavailable',
    ],
    [
      {
        type: 'response.incomplete',
        response: {
          id: 'r',
          status: 'incomplete',
          output: [],
          incomplete_details: { reason: 'content_filter' },
        },
      },
      'refused',
    ],
  ])('ends a response with %o', async (event, kind) => {
    const { baseUrl } = await startRawModel((res) => {
      startStream(res, 'responses', ['Half']);
      res.end(`data: ${JSON.stringify(event)}\n\n`);
    });
    const result = await failing('responses', baseUrl);
    expect(result.failure).toMatchObject({ kind, reason: expect.stringMatching(/oops|content_filter/) });
    expect(result.text).toBe('Half');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
