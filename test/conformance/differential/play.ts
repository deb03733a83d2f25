import { vi } from 'vitest';
import type { Program } from '../../support/programs.ts';
import { getThread, listItems } from '../../support/requests.ts';
import { openStream } from '../../support/sse.ts';
import type { Caller, Server } from './servers.ts';
import {
  createNames,
  type Exchange,
  type Move,
  type Names,
  type Request,
  type Scenario,
} from './transcript.ts';

let plays = 0;

/** The signals of one play are its own. */
const nameSignal = (number: number, name: string) => `play${number}-${name}`;

/** Plays a scenario to one server, and then looks at every thread that it made. */
export async function play(server: Server, scenario: Scenario): Promise<Exchange[]> {
  const caller = await server.call(scenario);
  const names = createNames();
  const exchanges: Exchange[] = [];
  const number = (plays += 1);
  const player: Player = { caller, names, number, add: (exchange) => void exchanges.push(exchange) };
  for (const move of scenario.moves) await make(player, move);
  for (const thread of names.threads) {
    await make(player, { send: getThread(thread) as Request });
    const hasMore = exchanges.at(-1)?.json?.items.has_more === true;
    if (hasMore) await make(player, { send: listItems(thread, { limit: 100, order: 'asc' }) as Request });
  }
  return exchanges;
}

interface Player {
  readonly caller: Caller;
  readonly names: Names;
  readonly number: number;
  add(exchange: Exchange): void;
}

async function make(player: Player, move: Move): Promise<void> {
  const { caller, names, number } = player;
  const program = (move.program ?? []).map((step) =>
    'wait' in step ? { wait: nameSignal(number, step.wait) } : step,
  );
  const response = await caller.send(names.toIds(move.send), names.toIds<Program>(program));
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const common = { request: move.send, status: response.status, contentType };
  if (contentType === 'text/event-stream') {
    player.add({ ...common, ...(await readFrames(player, move, response)) });
    return;
  }
  const answer = names.toNames((await response.json()) as any);
  if (response.ok) player.add({ ...common, json: answer });
  else player.add({ ...common, failure: String(answer.code ?? answer.error) });
}

async function readFrames(
  { caller, names, number, ...player }: Player,
  { stopAfter, during }: Move,
  response: Response,
): Promise<Pick<Exchange, 'frames' | 'failure'>> {
  const reading = openStream(response);
  const frames: any[] = [];
  for await (const { data } of reading) {
    frames.push(names.toNames(data));
    if (frames.length === during?.after) {
      for (const move of during.moves) await make({ caller, names, number, ...player }, move);
      await caller.signal(nameSignal(number, 'on'));
    }
    if (frames.length === stopAfter) break;
  }
  if (stopAfter !== undefined) {
    await vi.waitFor(async () => {
      if ((await caller.running()) > 0) throw new Error('the reply is still being written');
    }, 10_000);
  }
  // Other comments keep a silent stream alive.
  const failure = reading.comments.find((comment) => comment.trim().endsWith('Error'));
  return { frames, ...(failure === undefined ? {} : { failure: failure.trim() }) };
}
