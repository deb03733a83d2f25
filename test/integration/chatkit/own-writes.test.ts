import { describe, expect, it } from 'vitest';
import type { HiddenItem, ThreadItem } from '../../../src/chatkit/protocol/items.ts';
import type { Turn } from '../../../src/chatkit/responder.ts';
import {
  createRequest,
  messageRequest,
  readFrames,
  startChatKitServer,
} from '../../support/chatkit-server.ts';
import { assistant, firstThread, responder } from '../../support/turns.ts';

const note = (turn: Turn, id: string): HiddenItem => ({
  ...turn.newItem('hidden_context'),
  id,
  type: 'hidden_context_item',
  content: 'xyzzy',
});
const idsOf = (items: readonly ThreadItem[]) => items.map(({ id }) => id);

describe('a responder', () => {
  it('reads in the history what it has written, at once', async () => {
    const seen: string[][] = [];
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        const [first, second] = [assistant(turn, 'One'), assistant(turn, 'Two')];
        yield { type: 'thread.item.done', item: first };
        yield { type: 'thread.item.done', item: second };
        seen.push(idsOf(await turn.history(10)).slice(1), [first.id, second.id]);
        yield { type: 'thread.item.removed', item_id: first.id };
        seen.push(idsOf(await turn.history(10)).slice(1), [second.id]);
      }),
    );
    const events = await readFrames(await server.run(createRequest('Hi')));
    expect(events.at(-1)).toMatchObject({ type: 'thread.item.removed' });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[2]).toEqual(seen[3]);
  });

  it('that asks for the history and does not wait for it keeps the order of its events', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        for (let index = 0; index < 20; index += 1) {
          yield { type: 'thread.item.done', item: { ...assistant(turn, 'One'), id: `item-${index}` } };
          const reading = turn.history(1);
          yield { type: 'progress_update', text: `after item-${index}` };
          await reading;
        }
      }),
    );
    const events: any[] = await readFrames(await server.run(createRequest('Hi')));
    expect(events.slice(3).map(({ item, text }) => item?.id ?? text)).toEqual(
      Array.from({ length: 20 }, (_each, index) => [`item-${index}`, `after item-${index}`]).flat(),
    );
  });

  it('that assigns what was there before changes nothing', async () => {
    await using server = await startChatKitServer(
      responder(async function* ({ thread }) {
        thread.status = { type: 'active' };
        thread.metadata = { plan: { name: 'pro' } };
        thread.allowedImageDomains = ['a.example'];
        yield { type: 'progress_update', text: '' };
      }),
    );
    const first: any[] = await readFrames(await server.run(createRequest('Hi')));
    expect(first.filter(({ type }) => type === 'thread.updated')).toHaveLength(1);
    const { id } = await firstThread(server);
    const second: any[] = await readFrames(await server.run(messageRequest(id, 'Hi')));
    expect(second.map(({ type }) => type)).not.toContain('thread.updated');
  });
});

describe('an item that becomes hidden', () => {
  it('is taken away from the client, and one that becomes visible can be removed again', async () => {
    await using server = await startChatKitServer(
      responder(async function* (turn) {
        yield { type: 'thread.item.done', item: { ...assistant(turn, 'One'), id: 'shown' } };
        yield { type: 'thread.item.done', item: note(turn, 'hidden') };
        yield { type: 'thread.item.replaced', item: note(turn, 'shown') };
        yield { type: 'thread.item.replaced', item: note(turn, 'shown') };
        yield { type: 'thread.item.replaced', item: { ...assistant(turn, 'Two'), id: 'hidden' } };
        yield { type: 'thread.item.removed', item_id: 'hidden' };
        yield { type: 'thread.item.removed', item_id: 'shown' };
      }),
    );
    const events: any[] = await readFrames(await server.run(createRequest('Hi')));
    expect(JSON.stringify(events)).not.toContain('xyzzy');
    expect(events.slice(3).map(({ type, item, item_id }) => [type, item?.id ?? item_id])).toEqual([
      ['thread.item.done', 'shown'],
      ['thread.item.removed', 'shown'],
      ['thread.item.replaced', 'hidden'],
      ['thread.item.removed', 'hidden'],
    ]);
  });
});
