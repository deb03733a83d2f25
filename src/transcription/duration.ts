import type { AudioType } from '../config/transcription.ts';

/** How long a recording is, where its container says so. What a browser records as WebM does not. */
export function secondsOf(mediaType: AudioType, bytes: Buffer): number | undefined {
  const seconds = readers[mediaType]?.(bytes);
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

const readers: Readonly<Partial<Record<AudioType, (bytes: Buffer) => number | undefined>>> = {
  'audio/wav': secondsOfWav,
  'audio/ogg': secondsOfOgg,
  'audio/mp4': secondsOfMp4,
};

/** Of a container, that are looked at: a recording has a handful. */
const MAX_PARTS = 1_000;

/** RIFF: the length of all samples by the bytes of a second. The length in the header may be a lie or unknown. */
function secondsOfWav(bytes: Buffer): number | undefined {
  let bytesPerSecond: number | undefined;
  for (let at = 12, chunks = 0; at + 8 <= bytes.length && chunks < MAX_PARTS; chunks += 1) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ' && at + 20 <= bytes.length) bytesPerSecond = bytes.readUInt32LE(at + 16);
    if (name === 'data' && bytesPerSecond !== undefined) return (bytes.length - at - 8) / bytesPerSecond;
    at += 8 + size + (size % 2);
  }
  return undefined;
}

const OPUS_RATE = 48_000;
/** Longest page of an Ogg stream, by its format. */
const MAX_OGG_PAGE = 65_307;

/** RFC 3533: the last page knows the position of its last sample; RFC 7845: Opus always counts 48,000 a second. */
function secondsOfOgg(bytes: Buffer): number | undefined {
  const first = bytes.subarray(0, MAX_OGG_PAGE);
  let rate: number | undefined;
  const vorbis = first.indexOf('\x01vorbis', 0, 'latin1');
  if (first.includes('OpusHead')) rate = OPUS_RATE;
  else if (vorbis >= 0 && vorbis + 16 <= first.length) rate = first.readUInt32LE(vorbis + 12);
  const tail = bytes.subarray(-MAX_OGG_PAGE);
  const last = tail.lastIndexOf('OggS');
  if (rate === undefined || rate === 0 || last < 0 || last + 14 > tail.length) return undefined;
  return Number(tail.readBigInt64LE(last + 6)) / rate;
}

/** ISO 14496-12: the header of the movie, which is zero where the recording is written in fragments. */
function secondsOfMp4(bytes: Buffer): number | undefined {
  const movie = findBox(bytes, 0, bytes.length, 'moov');
  const header = movie && findBox(bytes, movie.start, movie.end, 'mvhd');
  if (header === undefined || header.end - header.start < 32) return undefined;
  const { start } = header;
  const isLong = bytes[start] === 1;
  const scale = bytes.readUInt32BE(start + (isLong ? 20 : 12));
  const length = isLong ? Number(bytes.readBigUInt64BE(start + 24)) : bytes.readUInt32BE(start + 16);
  return length / scale;
}

function findBox(
  bytes: Buffer,
  from: number,
  to: number,
  name: string,
): { readonly start: number; readonly end: number } | undefined {
  for (let at = from, boxes = 0; at + 8 <= to && boxes < MAX_PARTS; boxes += 1) {
    const size = bytes.readUInt32BE(at);
    const isLong = size === 1;
    if (isLong && at + 16 > to) return undefined;
    const whole = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? to - at : size;
    const head = isLong ? 16 : 8;
    if (whole < head) return undefined;
    if (bytes.toString('latin1', at + 4, at + 8) === name) {
      return { start: at + head, end: Math.min(at + whole, to) };
    }
    at += whole;
  }
  return undefined;
}
