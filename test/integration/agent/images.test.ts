import { imageGenerationTool } from '@openai/agents-openai';
import { describe, expect, it } from 'vitest';
import { MAX_IMAGE_CHARS } from '../../../src/agent/reply/images.ts';
import type { ModelImage, ReplyConverter } from '../../../src/agent/reply/converter.ts';
import type { ResponderEvent } from '../../../src/chatkit/protocol/events.ts';
import { FRAMES, image, message, PICTURE, playResponses, response } from '../../support/responses-stream.ts';

const png = (base64: string) => `data:image/png;base64,${base64}`;

function imagesOf(events: readonly ResponderEvent[]) {
  return events.flatMap((event): unknown[] => {
    if (event.type === 'thread.item.updated' && event.update.type === 'generated_image.updated') {
      return [[event.update.image.url, event.update.progress]];
    }
    if ('item' in event && event.item.type === 'generated_image') {
      return [[event.type, event.item.image?.url]];
    }
    return event.type === 'thread.item.removed' ? ['removed'] : [];
  });
}

const textsOf = (events: readonly ResponderEvent[]) =>
  events.flatMap((event) =>
    event.type === 'thread.item.done' && event.item.type === 'assistant_message'
      ? event.item.content.map(({ text }) => text)
      : [],
  );

const play = (base64: string | null, frames: readonly string[] = [], converter: ReplyConverter = {}) =>
  playResponses([response(image('ig_1', frames, base64), message('msg_1', [{ deltas: ['Done.'] }]))], {
    converter,
  });

describe('a picture that a model draws', () => {
  it('is shown frame by frame, with the progress that the image tool makes known', async () => {
    const reply = await playResponses([response(image('ig_1', FRAMES, PICTURE))], {
      tools: [imageGenerationTool({ partialImages: 2 })],
    });
    expect(reply.error).toBeUndefined();
    expect(imagesOf(reply.events)).toEqual([
      ['thread.item.added', undefined],
      [png(FRAMES[0]), 0],
      [png(FRAMES[1]), 0.5],
      ['thread.item.done', png(PICTURE)],
    ]);
    const ids = reply.events.map((event) =>
      'item' in event ? event.item.id : 'item_id' in event && event.item_id,
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^img_[0-9a-f]{32}$/);
  });

  it('alone is a whole reply: the model is not asked again', async () => {
    const reply = await playResponses([response(image('ig_1', [], PICTURE))]);
    expect(reply.error).toBeUndefined();
    expect(reply.requests).toBe(1);
  });

  it.each([
    ['image/jpeg', '/9j/4AAQ'],
    ['image/webp', 'UklGRgAA'],
    ['image/gif', 'R0lGODlh'],
  ])('is sent as the %s that it is', async (mediaType, base64) => {
    const reply = await play(base64);
    expect(imagesOf(reply.events).at(-1)).toEqual(['thread.item.done', `data:${mediaType};base64,${base64}`]);
  });

  it.each([
    ['is no picture', 'PHN2ZyBvbmxvYWQ9'],
    ['is no base64', `${PICTURE}"><script>`],
    ['is empty', ''],
    ['never came', null],
  ])('that %s is taken away, and the reply goes on', async (_name, base64) => {
    const reply = await play(base64);
    expect(reply.error).toBeUndefined();
    expect(imagesOf(reply.events)).toEqual([['thread.item.added', undefined], 'removed']);
    expect(textsOf(reply.events)).toEqual(['Done.']);
  });

  it('that is too large is refused, and the last frame stays', async () => {
    const large = PICTURE.slice(0, 40) + 'A'.repeat(MAX_IMAGE_CHARS);
    const reply = await play(large, [FRAMES[0]]);
    expect(reply.error).toBeUndefined();
    expect(imagesOf(reply.events).at(-1)).toEqual(['thread.item.done', png(FRAMES[0])]);
    expect(reply.logs).toContainEqual(expect.objectContaining({ event: 'image-refused', why: 'too-large' }));
  });

  it('is one of at most ten in a reply', async () => {
    const many = Array.from({ length: 13 }, (_, index) => image(`ig_${index}`, [], PICTURE));
    const reply = await playResponses([response(...many, message('msg_1', [{ deltas: ['Done.'] }]))]);
    expect(imagesOf(reply.events)).toHaveLength(20);
    expect(textsOf(reply.events)).toEqual(['Done.']);
  });

  it('of a call that was begun and never ended keeps its last frame', async () => {
    const { events, item } = image('ig_1', [FRAMES[0]], PICTURE);
    const reply = await playResponses([response({ item, events: events.slice(0, -1) })]);
    expect(imagesOf(reply.events).at(-1)).toEqual(['thread.item.done', png(FRAMES[0])]);
  });
});

describe('a converter of pictures', () => {
  it('gives the address, however long it takes, and the order of events stays', async () => {
    const seen: ModelImage[] = [];
    const reply = await play(PICTURE, FRAMES, {
      partialImages: 4,
      async imageUrl(given) {
        seen.push(given);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return `https://images.example/${given.partialIndex ?? 'last'}`;
      },
    });
    expect(imagesOf(reply.events)).toEqual([
      ['thread.item.added', undefined],
      ['https://images.example/0', 0],
      ['https://images.example/1', 0.25],
      ['thread.item.done', 'https://images.example/last'],
    ]);
    expect(reply.events.at(-1)).toMatchObject({ item: { type: 'assistant_message' } });
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
    expect(seen[2]).toMatchObject({ base64: PICTURE, mediaType: 'image/png' });
  });

  it.each<[string, ReplyConverter['imageUrl']]>([
    ['rejects', async () => Promise.reject(new Error('no room'))],
    [
      'throws',
      () => {
        throw new Error('no room');
      },
    ],
    ['gives an address that is no web address', () => 'javascript:alert(1)'],
  ])('that %s is done without', async (_name, imageUrl) => {
    const reply = await play(PICTURE, [], imageUrl === undefined ? {} : { imageUrl });
    expect(reply.error).toBeUndefined();
    expect(imagesOf(reply.events).at(-1)).toEqual(['thread.item.done', png(PICTURE)]);
    expect(reply.logs.map(({ event }) => event)).toContainEqual(
      expect.stringMatching(/^(conversion-failed|image-refused)$/),
    );
  });
});
