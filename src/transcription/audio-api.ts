import type OpenAI from 'openai';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { Recording } from './recording.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
/** Servers without sign-in take any key, and the client wants one. */
const PLACEHOLDER_KEY = 'no-key';
/** Of an answer: hours of speech are less. */
const MAX_ANSWER_BYTES = 1_048_576;
const MAX_CODE_CHARS = 100;

/** The audio API of OpenAI, or of a server that speaks as it does. */
export interface AudioApi {
  /** @throws GatewayError; the abort reason when the signal aborts */
  toText(recording: Recording, language: string | undefined, signal: AbortSignal): Promise<string>;
}

export function createAudioApi(config: Pick<Config, 'transcription' | 'agent'>): AudioApi {
  const { model, timeoutMs } = config.transcription;
  let client: Promise<OpenAI> | undefined;

  return {
    async toText({ bytes, fileName, mediaType }, language, signal) {
      const { audio } = await (client ??= openClient(config));
      const file = new File([bytes], fileName, { type: mediaType });
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const answer: unknown = await audio.transcriptions.create(
          { file, model, response_format: 'json', ...(language === undefined ? {} : { language }) },
          { signal: limit },
        );
        return toAnswer(answer);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw limit.aborted ? unavailable('there was no answer in time', error) : toRefusal(error);
      }
    },
  };
}

/** The client takes a while to load, which a gateway that is starting need not wait for. */
async function openClient({
  transcription,
  agent,
}: Pick<Config, 'transcription' | 'agent'>): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  const baseUrl = transcription.baseUrl ?? agent.baseUrl;
  // The key of the model server is not for another server.
  const isSameServer = baseUrl === agent.baseUrl;
  return new Client({
    apiKey: transcription.apiKey ?? (isSameServer ? agent.apiKey : null) ?? PLACEHOLDER_KEY,
    baseURL: baseUrl ?? OPENAI_URL,
    ...(baseUrl === null ? {} : { organization: null, project: null }),
    // A recording that was sent may have been paid for.
    maxRetries: 0,
    timeout: transcription.timeoutMs,
    logLevel: 'off',
    fetch: boundedFetch,
    fetchOptions: { redirect: 'error' },
  });
}

const boundedFetch: typeof fetch = async (url, init) => {
  const { body, status, headers } = await fetch(url, init);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new TypeError('the answer is too large');
    chunks.push(chunk);
  }
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers });
};

function toAnswer(answer: unknown): string {
  const text = typeof answer === 'object' && answer !== null && 'text' in answer ? answer.text : undefined;
  if (typeof text !== 'string') throw failed('the answer holds no text');
  return text.toWellFormed().trim();
}

interface ApiFailure {
  readonly constructor?: { readonly name?: string };
  readonly status?: unknown;
  readonly code?: unknown;
  readonly requestID?: unknown;
  readonly headers?: { get?: (name: string) => string | null };
}

/** Nothing of the message is kept: a server may have put the key, or what it heard, into it. */
function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof SyntaxError) return failed('the answer is no JSON');
  const { constructor, status, code, requestID, headers } = (error ?? {}) as ApiFailure;
  if (typeof status !== 'number') {
    return unavailable(`no answer (${constructor?.name ?? 'unknown'})`, causeOf(error));
  }
  const codeText = typeof code === 'string' ? code.slice(0, MAX_CODE_CHARS) : 'no code';
  const request = typeof requestID === 'string' ? requestID.slice(0, MAX_CODE_CHARS) : 'unknown';
  const reason = `the server answered ${status} (${codeText}, request ${request})${HINTS[status] ?? ''}`;
  if (status === 400 || status === 413 || status === 422) {
    const cause = new Error(`transcription: ${reason}`);
    return new GatewayError('audio-not-usable', { detail: 'No speech could be read from it.', cause });
  }
  if (status !== 429 && status !== 503) return failed(reason);
  return unavailable(reason, undefined, headers?.get?.('retry-after'));
}

const HINTS: Readonly<Record<number, string>> = {
  401: ': check transcription.apiKey, or agent.apiKey',
  403: ': the key may not use the model of transcription.model',
  404: ': check transcription.model and transcription.baseUrl',
};

/** A code such as ECONNREFUSED says more than the client's "Connection error". */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
}

const failed = (reason: string) =>
  new GatewayError('transcription-failed', { cause: new Error(`transcription: ${reason}`) });

function unavailable(reason: string, cause: unknown, retryAfter?: string | null): GatewayError {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? String(retryAfter) : '5';
  return new GatewayError('transcription-unavailable', {
    headers: { 'Retry-After': seconds },
    cause: new Error(`transcription: ${reason}`, { cause }),
  });
}
