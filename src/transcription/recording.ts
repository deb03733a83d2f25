import { AUDIO_TYPES, type AudioType } from '../config/transcription.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { secondsOf } from './duration.ts';

/** A recording that is what it says it is. */
export interface Recording {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly mediaType: AudioType;
  /** A name whose ending tells an audio API the format. */
  readonly fileName: string;
  /** As far as the container tells. */
  readonly seconds: number | undefined;
}

export interface RecordingLimits {
  readonly mediaTypes: readonly AudioType[];
  readonly maxBytes: number;
  readonly maxSeconds: number;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Other names that browsers and operating systems have for the same formats. */
const ALIASES: Readonly<Record<string, AudioType>> = {
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
};

/** What is found in a file of each type, and the ending that audio APIs know. */
const FORMATS: Readonly<Record<AudioType, { readonly found: readonly string[]; readonly ending: string }>> = {
  'audio/webm': { found: ['webm'], ending: 'webm' },
  'audio/ogg': { found: ['ogg', 'oga', 'opus'], ending: 'ogg' },
  'audio/mp4': { found: ['mp4', 'm4a', 'm4b', 'f4a'], ending: 'mp4' },
  'audio/mpeg': { found: ['mp3'], ending: 'mp3' },
  'audio/wav': { found: ['wav'], ending: 'wav' },
};

/**
 * Reads a recording as it came in a request, and checks everything that can be checked about it.
 * @throws GatewayError `invalid-request`, `body-too-large` or `audio-not-usable`
 */
export async function readRecording(
  audio: { readonly base64: string; readonly mimeType: string },
  limits: RecordingLimits,
): Promise<Recording> {
  const mediaType = toAudioType(audio.mimeType);
  if (mediaType === undefined || !limits.mediaTypes.includes(mediaType)) {
    throw new GatewayError('audio-not-usable', { detail: `Send one of ${limits.mediaTypes.join(', ')}.` });
  }
  const bytes = decode(audio.base64, limits.maxBytes);
  const { found, ending } = FORMATS[mediaType];
  // Loaded here: a gateway that is starting need not wait for it.
  const { fileTypeFromBuffer } = await import('file-type');
  const type = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (type === undefined || !found.includes(type.ext)) {
    throw new GatewayError('audio-not-usable', { detail: `The recording is no ${mediaType}.` });
  }
  const seconds = secondsOf(mediaType, bytes);
  if (seconds !== undefined && seconds > limits.maxSeconds) {
    throw new GatewayError('audio-not-usable', {
      detail: `The recording is longer than ${limits.maxSeconds} seconds.`,
    });
  }
  return { bytes, mediaType, fileName: `recording.${ending}`, seconds };
}

function toAudioType(mimeType: string): AudioType | undefined {
  const [essence = ''] = mimeType.slice(0, 200).toLowerCase().split(';');
  const name = essence.trim();
  return AUDIO_TYPES.find((type) => type === name) ?? ALIASES[name];
}

function decode(base64: string, maxBytes: number): Buffer<ArrayBuffer> {
  const invalid = (detail: string) =>
    new GatewayError('invalid-request', { problems: [{ pointer: '/params/audio_base64', detail }] });
  if (base64 === '') throw invalid('is empty');
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) throw invalid('is no base64');
  // Bits beyond the last byte would let two texts mean the same.
  const end = base64.slice(-4);
  if (Buffer.from(end, 'base64').toString('base64') !== end) throw invalid('is no base64');
  if ((base64.length / 4) * 3 - (base64.match(/=*$/)?.[0].length ?? 0) > maxBytes) {
    throw new GatewayError('body-too-large', { detail: `A recording has at most ${maxBytes} bytes.` });
  }
  return Buffer.from(base64, 'base64');
}
