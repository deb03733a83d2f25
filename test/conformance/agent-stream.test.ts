import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isHiddenItem } from '../../src/chatkit/protocol/items.ts';
import { startLineChild, type LineChild } from '../support/line-child.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import { playResponses } from '../support/responses-stream.ts';
import { STREAM_CASES, type StreamCase } from './agent-stream-cases.ts';
import { AGENT_STREAM_DIFFERENCES, type Difference, type Plain } from './differences/agent-stream.ts';

let oracle: Oracle;
let reference: LineChild;

beforeAll(async () => {
  [reference, oracle] = await Promise.all([startLineChild('./agent_stream.py'), startOracle()]);
});
afterAll(async () => {
  await reference?.[Symbol.asyncDispose]();
  await oracle?.[Symbol.asyncDispose]();
});

/** Ids by the order of their first appearance; no times. */
function plain(events: readonly object[]): Plain[] {
  const names = new Map<string, string>();
  const nameOf = (id: string) => names.get(id) ?? names.set(id, `item ${names.size + 1}`).get(id);
  return events.map((event) => {
    const copy = structuredClone(event) as Plain;
    if (copy['item_id'] !== undefined) copy['item_id'] = nameOf(copy['item_id']);
    const { item } = copy;
    if (item === undefined) return copy;
    item.id = nameOf(item.id);
    item.thread_id = 'thread';
    item.created_at = 'now';
    if (item.workflow?.summary?.duration !== undefined) item.workflow.summary.duration = 0;
    return copy;
  });
}

interface Played {
  readonly ours: Plain[];
  readonly theirs: Plain[];
}

const played = new Map<string, Promise<Played>>();

function play({ name, events, partialImages }: StreamCase): Promise<Played> {
  const playing = played.get(name) ?? playBoth(events, partialImages);
  played.set(name, playing);
  return playing;
}

async function playBoth(events: StreamCase['events'], partialImages: number | undefined): Promise<Played> {
  const [reply, answer] = await Promise.all([
    playResponses([events], partialImages === undefined ? {} : { converter: { partialImages } }),
    reference.ask({ events, partial_images: partialImages ?? null }),
  ]);
  expect(reply.error).toBeUndefined();
  for (const event of reply.events) {
    if ('item' in event && isHiddenItem(event.item)) continue;
    await oracle.accept('event', event);
  }
  return { ours: plain(reply.events), theirs: plain(answer['events'] as object[]) };
}

const level = (events: Plain[], differences: readonly Difference[] = AGENT_STREAM_DIFFERENCES) =>
  differences.reduce((left, difference) => difference.level(left), events);

describe('what a model streams becomes the events that openai-chatkit makes of it', () => {
  it.each(STREAM_CASES)('$name', async (streamCase) => {
    const { ours, theirs } = await play(streamCase);
    expect(level(ours)).toEqual(level(theirs));
  });
});

describe('every difference is one', () => {
  it.each(AGENT_STREAM_DIFFERENCES)('$name', async (difference) => {
    const others = AGENT_STREAM_DIFFERENCES.filter((each) => each !== difference);
    const differing: string[] = [];
    for (const streamCase of STREAM_CASES) {
      const { ours, theirs } = await play(streamCase);
      const left = JSON.stringify(level(ours, others));
      if (left !== JSON.stringify(level(theirs, others))) differing.push(streamCase.name);
    }
    expect(differing).not.toEqual([]);
  });
});
