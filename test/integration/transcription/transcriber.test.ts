import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { createEvents } from '../../../src/observability/events.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { createTranscriber } from '../../../src/transcription/transcriber.ts';
import { startMockModel } from '../../support/model-server.ts';
import { ogg, wav, webm } from '../../support/recordings.ts';
import { startUvicorn, type PythonService } from '../../support/uvicorn.ts';

const KEY = 'sk-key-of-the-audio-server';
let service: PythonService;
let count = 0;

beforeAll(async () => {
  const folder = fileURLToPath(new URL('../../support/audio', import.meta.url));
  service = await startUvicorn({ app: 'audio_service:app', folder });
});
afterAll(() => service?.stop());

async function seen(): Promise<Record<string, any>[]> {
  return (await (await fetch(`${service.url}/_seen`)).json()) as Record<string, any>[];
}
beforeEach(async () => {
  count = (await seen()).length;
});
/** What the server got during this test. */
const asked = async () => (await seen()).slice(count);

function setUp(transcription: Record<string, unknown> = {}, agent: Record<string, unknown> = {}) {
  const metrics = createMetrics();
  const config = configSchema.parse({
    transcription: { baseUrl: `${service.url}/v1`, apiKey: KEY, ...transcription },
    agent,
  });
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const transcriber = createTranscriber({ config, events: createEvents({ metrics }) });
  return {
    lines,
    ask(bytes: Buffer, mimeType: string, more: { locale?: string; signal?: AbortSignal } = {}) {
      if (transcriber === undefined) throw new Error('there is no transcriber');
      const { locale = '', signal = new AbortController().signal } = more;
      const audio = { base64: bytes.toString('base64'), mimeType };
      return transcriber.transcribe(audio, { locale, logger, signal });
    },
    async outcomes() {
      const { values } = await metrics.transcriptions.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
    },
  };
}

describe('a transcriber', () => {
  it('sends the recording as a file that its server can read, and gives the text', async () => {
    const { ask, outcomes } = setUp();
    const bytes = ogg(2);
    expect(await ask(bytes, 'audio/ogg;codecs=opus', { locale: 'de-DE,de;q=0.9' })).toBe('Hello there.');
    expect(await asked()).toEqual([
      {
        name: 'recording.ogg',
        type: 'audio/ogg',
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        language: 'de',
        format: 'json',
        authorization: `Bearer ${KEY}`,
        left: false,
      },
    ]);
    expect(await outcomes()).toEqual({ succeeded: 1 });
  });

  it('works against a mock of OpenAI', async () => {
    const { mock, baseUrl } = await startMockModel();
    mock.onTranscription({ transcription: { text: 'Buy milk.' } });
    const { ask } = setUp({ baseUrl });
    expect(await ask(webm(), 'audio/webm')).toBe('Buy milk.');
  });

  it('sends nothing of what is no recording', async () => {
    const { ask, outcomes } = setUp();
    await expect(ask(wav(1), 'audio/webm')).rejects.toMatchObject({ code: 'audio-not-usable' });
    expect(await asked()).toEqual([]);
    expect(await outcomes()).toEqual({ refused: 1 });
  });

  it.each([
    ['400', 'audio-not-usable', 'refused'],
    ['401', 'transcription-failed', 'failed'],
    ['404', 'transcription-failed', 'failed'],
    ['429', 'transcription-unavailable', 'failed'],
    ['500', 'transcription-failed', 'failed'],
    ['503', 'transcription-unavailable', 'failed'],
    ['html', 'transcription-failed', 'failed'],
    ['plain', 'transcription-failed', 'failed'],
    ['broken', 'transcription-failed', 'failed'],
    ['endless', 'transcription-unavailable', 'failed'],
    ['redirect', 'transcription-unavailable', 'failed'],
  ])(
    'S11: whose server answers %s throws %s, asks once, and says nothing of it',
    async (model, code, outcome) => {
      const { ask, outcomes, lines } = setUp({ model });
      const error: any = await ask(webm(), 'audio/webm').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code });
      if (model === '429') expect(error.headers).toEqual({ 'Retry-After': '7' });
      expect(`${error.message} ${error.detail} ${error.cause?.message} ${lines.join('')}`).not.toMatch(
        /secret|sk-key/,
      );
      expect(await asked()).toHaveLength(1);
      expect(await outcomes()).toEqual({ [outcome]: 1 });
    },
  );

  it('S6: whose server is silent gives up', async () => {
    const { ask } = setUp({ model: 'silent', timeoutMs: 200 });
    await expect(ask(webm(), 'audio/webm')).rejects.toMatchObject({ code: 'transcription-unavailable' });
    await vi.waitFor(async () => expect(await asked()).toMatchObject([{ left: true }]), 5_000);
  });

  it('S3: whose caller goes stops the request', async () => {
    const { ask, outcomes } = setUp({ model: 'silent' });
    const stop = new AbortController();
    const asking = ask(webm(), 'audio/webm', { signal: stop.signal }).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await asked()).toHaveLength(1), 5_000);
    stop.abort(new DOMException('the client has gone', 'AbortError'));
    expect(await asking).toBe(stop.signal.reason);
    await vi.waitFor(async () => expect(await asked()).toMatchObject([{ left: true }]), 5_000);
    expect(await outcomes()).toEqual({ cancelled: 1 });
  });

  it('whose server is not there says that it is not available', async () => {
    const { ask } = setUp({ baseUrl: 'http://127.0.0.1:9/v1' });
    await expect(ask(webm(), 'audio/webm')).rejects.toMatchObject({ code: 'transcription-unavailable' });
  });
});

describe('the key', () => {
  it('of the model server is used for the same server', async () => {
    const baseUrl = `${service.url}/v1`;
    await setUp({ baseUrl: null, apiKey: null }, { baseUrl, apiKey: 'sk-agent' }).ask(webm(), 'audio/webm');
    expect(await asked()).toMatchObject([{ authorization: 'Bearer sk-agent' }]);
  });

  it('of the model server is not sent to another one', async () => {
    await setUp({ apiKey: null }, { apiKey: 'sk-agent' }).ask(webm(), 'audio/webm');
    expect(await asked()).toMatchObject([{ authorization: 'Bearer no-key' }]);
  });
});

describe('there is a transcriber', () => {
  const nothing = { baseUrl: null, apiKey: null };
  it.each([
    ['without a key', nothing, {}, false],
    ['with a key of the agent', nothing, { apiKey: 'sk-1' }, true],
    ['with a key of its own', { ...nothing, apiKey: 'sk-1' }, {}, true],
    ['with an address of its own', { ...nothing, baseUrl: 'http://127.0.0.1:9' }, {}, true],
    ['with a model server that needs no key', nothing, { baseUrl: 'http://127.0.0.1:9' }, false],
    ['when it is switched off', { apiKey: 'sk-1', enabled: 'never' }, {}, false],
    ['when it is switched on', { ...nothing, enabled: 'always' }, { baseUrl: 'http://127.0.0.1:9' }, true],
  ])('or not %s', (_name, transcription, agent, expected) => {
    const config = configSchema.parse({ transcription, agent });
    const events = createEvents({ metrics: createMetrics() });
    expect(createTranscriber({ config, events }) !== undefined).toBe(expected);
  });
});
