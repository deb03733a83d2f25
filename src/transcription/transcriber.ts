import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { GatewayEvents, TranscriptionOutcome } from '../observability/events.ts';
import { createAudioApi, type AudioApi } from './audio-api.ts';
import { toLanguageHint } from './language.ts';
import { readRecording } from './recording.ts';
import { isTranscriptionEnabled } from './settings.ts';

/** Turns what a user said into text. */
export interface Transcriber {
  /**
   * @throws GatewayError `invalid-request`, `body-too-large`, `audio-not-usable`, `transcription-failed` or
   * `transcription-unavailable`; the abort reason when the signal aborts
   */
  transcribe(
    audio: { readonly base64: string; readonly mimeType: string },
    context: TranscriptionContext,
  ): Promise<string>;
}

export interface TranscriptionContext {
  /** `Accept-Language` as sent, or an empty string. */
  readonly locale: string;
  readonly logger: Logger;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface TranscriberOptions {
  readonly config: Pick<Config, 'transcription' | 'agent'>;
  readonly events: GatewayEvents;
}

/** @returns nothing where no server for it is configured */
export function createTranscriber({ config, events }: TranscriberOptions): Transcriber | undefined {
  if (!isTranscriptionEnabled(config)) return undefined;
  const limits = config.transcription;
  const api = createAudioApi(config);
  return {
    async transcribe(audio, context) {
      const startedAt = performance.now();
      let outcome: TranscriptionOutcome = 'failed';
      try {
        const text = await ask(api, await readRecording(audio, limits), context);
        outcome = 'succeeded';
        return text;
      } catch (error) {
        if (context.signal.aborted) outcome = 'cancelled';
        else if (error instanceof GatewayError && error.status < 500) outcome = 'refused';
        throw error;
      } finally {
        events.transcriptionEnded(context.logger, outcome, (performance.now() - startedAt) / 1000);
      }
    },
  };
}

async function ask(
  api: AudioApi,
  recording: Awaited<ReturnType<typeof readRecording>>,
  { locale, signal }: TranscriptionContext,
): Promise<string> {
  signal.throwIfAborted();
  return await api.toText(recording, toLanguageHint(locale), signal);
}
