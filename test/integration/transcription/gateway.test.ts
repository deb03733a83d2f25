import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sizeOfTranscriptionRequests } from '../../../src/transcription/settings.ts';
import { createConformantClient } from '../../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';
import { create, transcribe } from '../../support/requests.ts';
import { wav, webm } from '../../support/recordings.ts';
import type { TestUser } from '../../support/user.ts';
import { startUvicorn, type PythonService } from '../../support/uvicorn.ts';

let service: PythonService;
let oracle: Oracle;
let gateway: TestGateway;
let ada: TestUser;

const start = (more: object = {}) =>
  startGateway({ config: { transcription: { baseUrl: `${service.url}/v1`, maxSeconds: 1_000, ...more } } });

beforeAll(async () => {
  const folder = fileURLToPath(new URL('../../support/audio', import.meta.url));
  [service, oracle] = await Promise.all([startUvicorn({ app: 'audio_service:app', folder }), startOracle()]);
  gateway = await start();
  ada = await gateway.signIn();
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
  await service?.stop();
});

async function seen(): Promise<Record<string, any>[]> {
  return (await (await fetch(`${service.url}/_seen`)).json()) as Record<string, any>[];
}

const codeOf = async (response: Response) => [response.status, ((await response.json()) as any).code];

describe('input.transcribe', () => {
  it('gives the text, as the models of openai-chatkit have it', async () => {
    const client = createConformantClient(ada, oracle);
    expect(await client.send(transcribe(webm(), 'audio/webm;codecs=opus'))).toEqual({ text: 'Hello there.' });
    expect(await gateway.metrics()).toContain('gateway_transcriptions_total{outcome="succeeded"} 1');
    expect(await gateway.metrics()).toContain(
      'gateway_chat_operations_total{operation="input.transcribe",outcome="succeeded"} 1',
    );
  });

  it('takes recordings that are larger than any other body', async () => {
    const recording = wav(500);
    expect(recording.length).toBeGreaterThan(3_000_000);
    expect(await ada.ask(transcribe(recording, 'audio/wav'))).toEqual({ text: 'Hello there.' });
    expect((await seen()).at(-1)).toMatchObject({ bytes: recording.length, name: 'recording.wav' });
  });

  it('takes a large recording only when it says first what it is', async () => {
    const { type, params } = transcribe(wav(500), 'audio/wav');
    expect(await codeOf(await ada.chatkit({ params, type }))).toEqual([413, 'body-too-large']);
  });

  it.each([
    ['another operation', JSON.stringify(create('x'.repeat(3_000_000)))],
    [
      'another operation that pretends to be a recording',
      `{"type":"input.transcribe",${JSON.stringify(create('x'.repeat(3_000_000))).slice(1)}`,
    ],
    ['a recording that is too large', JSON.stringify(transcribe(Buffer.alloc(11_000_000), 'audio/wav'))],
  ])('does not raise the limit for %s', async (_name, body) => {
    expect(await codeOf(await ada.chatkit(body))).toEqual([413, 'body-too-large']);
  });

  it('does not raise the limit for a body of unknown length', async () => {
    const text = JSON.stringify(transcribe(wav(500), 'audio/wav'));
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(text));
        controller.close();
      },
    });
    const response = await ada.chatkit('', { body, duplex: 'half' });
    expect(await codeOf(response)).toEqual([413, 'body-too-large']);
  });

  it('S9: takes no more than four of the largest at once from a user, and small requests beside them', async () => {
    const user = await gateway.signIn();
    const { hostname, port } = new URL(gateway.url);
    const limitBytes = sizeOfTranscriptionRequests(gateway.context.config)?.limitBytes ?? 0;
    const statuses: string[] = [];
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.once('data', (bytes: Buffer) => statuses.push(bytes.toString().slice(0, 12)));
      const head = [
        'POST /api/chatkit HTTP/1.1',
        'Host: x',
        `Authorization: Bearer ${user.token}`,
        'Content-Type: application/json',
        `Content-Length: ${limitBytes}`,
      ];
      socket.write([...head, '', '{"type":"input.transcribe","params":{'].join('\r\n'));
      return socket;
    });
    try {
      await expect.poll(() => statuses).toEqual(Array(6).fill('HTTP/1.1 429'));
      expect(await user.ask(transcribe(webm(), 'audio/webm'))).toEqual({ text: 'Hello there.' });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await expect
      .poll(() => user.ask(transcribe(wav(500), 'audio/wav')).catch(() => undefined))
      .toEqual({ text: 'Hello there.' });
  });

  it('S11: says nothing of what the audio server said', async () => {
    await using failing = await start({ model: '500', apiKey: 'sk-secret' });
    const user = await failing.signIn();
    const response = await user.chatkit(transcribe(webm(), 'audio/webm'));
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(text)).toMatchObject({ code: 'transcription-failed' });
    expect(text + JSON.stringify(failing.logs)).not.toMatch(/secret/);
  });

  it('S3: stops when the caller goes', async () => {
    await using silent = await start({ model: 'silent' });
    const user = await silent.signIn();
    const stop = new AbortController();
    const before = (await seen()).length;
    const asking = user
      .chatkit(transcribe(webm(), 'audio/webm'), { signal: stop.signal })
      .catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await seen()).toHaveLength(before + 1), 5_000);
    stop.abort();
    expect(await asking).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(async () => expect((await seen()).at(-1)).toMatchObject({ left: true }), 5_000);
    await vi.waitFor(
      async () =>
        expect(await silent.metrics()).toContain('gateway_transcriptions_total{outcome="cancelled"} 1'),
      5_000,
    );
  });

  it('is refused with what is wrong', async () => {
    const response = await ada.chatkit(transcribe(wav(1), 'audio/webm'));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'audio-not-usable',
      detail: 'The recording is no audio/webm.',
    });
  });

  it('says so where it is not set up', async () => {
    await using plain = await startGateway();
    const user = await plain.signIn();
    const response = await user.chatkit(transcribe(webm(), 'audio/webm'));
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({
      code: 'not-implemented',
      detail: 'Speech to text is not set up here.',
    });
    expect(await codeOf(await user.chatkit(transcribe(wav(500), 'audio/wav')))).toEqual([
      413,
      'body-too-large',
    ]);
  });
});
