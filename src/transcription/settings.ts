import type { Config } from '../config/schema.ts';

/** Whether recordings can be turned into text with this configuration. */
export function isTranscriptionEnabled({
  transcription,
  agent,
}: Pick<Config, 'transcription' | 'agent'>): boolean {
  const { enabled, apiKey, baseUrl } = transcription;
  if (enabled !== 'auto') return enabled === 'always';
  return apiKey !== null || baseUrl !== null || agent.apiKey !== null;
}

/** The type and what is around the recording. */
const REST_OF_REQUEST = 65_536;
/** As every known client writes it: the type comes first. */
const BEGINNING = /^\s*\{\s*"type"\s*:\s*"input\.transcribe"/;

/**
 * How large a request with a recording may be, and how such a one is known before it is read. Nothing where no
 * recordings are taken; a service behind the gateway takes them or not as it likes.
 */
export function sizeOfTranscriptionRequests(
  config: Config,
): { readonly limitBytes: number; readonly isFor: (beginning: string) => boolean } | undefined {
  if (config.chat.backend !== 'forward' && !isTranscriptionEnabled(config)) return undefined;
  return {
    limitBytes: Math.ceil(config.transcription.maxBytes / 3) * 4 + REST_OF_REQUEST,
    isFor: (beginning) => BEGINNING.test(beginning),
  };
}
