import { describe, expect, it } from 'vitest';
import { AUDIO_TYPES } from '../../../src/config/transcription.ts';
import { toLanguageHint } from '../../../src/transcription/language.ts';
import { readRecording } from '../../../src/transcription/recording.ts';
import { mp3, mp4, ogg, wav, webm } from '../../support/recordings.ts';

const limits = { mediaTypes: AUDIO_TYPES, maxBytes: 100_000, maxSeconds: 10 };
const read = (bytes: Buffer, mimeType: string, more: object = {}) =>
  readRecording({ base64: bytes.toString('base64'), mimeType }, { ...limits, ...more });

describe('a recording', () => {
  it.each([
    ['audio/webm;codecs=opus', webm(), 'recording.webm', undefined],
    ['audio/webm', webm(), 'recording.webm', undefined],
    ['audio/ogg; codecs="opus"', ogg(3), 'recording.ogg', 3],
    ['audio/mp4;codecs=mp4a.40.2', mp4(4), 'recording.mp4', 4],
    ['audio/x-m4a', mp4(4), 'recording.mp4', 4],
    ['audio/mpeg', mp3(), 'recording.mp3', undefined],
    ['AUDIO/WAV', wav(2), 'recording.wav', 2],
    ['audio/x-wav', wav(2), 'recording.wav', 2],
  ])('of %s is known by its content', async (mimeType, bytes, fileName, seconds) => {
    const recording = await read(bytes, mimeType);
    expect(recording).toMatchObject({ fileName, seconds });
    expect(recording.bytes.equals(bytes)).toBe(true);
  });

  it.each([
    ['of a type that is not taken', webm(), 'audio/flac', {}],
    ['of no type', webm(), '', {}],
    ['of a type that the configuration leaves out', webm(), 'audio/webm', { mediaTypes: ['audio/ogg'] }],
    ['that is another format than it says', wav(1), 'audio/webm', {}],
    ['that is HTML', Buffer.from('<html><script>alert(1)</script></html>'), 'audio/webm', {}],
    ['that is cut after a byte', Buffer.from([0x1a]), 'audio/webm', {}],
    ['that is too long: wav', wav(11), 'audio/wav', {}],
    ['that is too long: ogg', ogg(11), 'audio/ogg', {}],
    ['that is too long: mp4', mp4(11), 'audio/mp4', {}],
  ])('%s is refused', async (_name, bytes, mimeType, more) => {
    await expect(read(bytes, mimeType, more)).rejects.toMatchObject({ code: 'audio-not-usable' });
  });

  it('that is too large is refused', async () => {
    await expect(read(wav(2), 'audio/wav', { maxBytes: 16_043 })).rejects.toMatchObject({
      code: 'body-too-large',
    });
    await expect(read(wav(2), 'audio/wav', { maxBytes: 16_044 })).resolves.toMatchObject({ seconds: 2 });
  });

  it.each(['', 'AAA', 'A===', 'AA-_', 'AAAA\n', 'AAAA AAA', 'AAB=', 'AB==', 'data:audio/webm;base64,AAAA'])(
    'whose base64 is %j is refused',
    async (base64) => {
      await expect(readRecording({ base64, mimeType: 'audio/webm' }, limits)).rejects.toMatchObject({
        code: 'invalid-request',
        problems: [{ pointer: '/params/audio_base64' }],
      });
    },
  );
});

describe('the hint of a language', () => {
  it.each([
    ['de', 'de'],
    ['en-US,en;q=0.9', 'en'],
    ['nb-NO, no;q=0.8', 'no'],
    ['de, en;q=0.5', undefined],
    ['*', undefined],
    ['', undefined],
    ['tlh', undefined],
    [';;,,-', undefined],
  ])('for %j is %s', (header, hint) => {
    expect(toLanguageHint(header)).toBe(hint);
  });
});
