import { fileURLToPath } from 'node:url';
import { startGateway } from '../../support/gateway.ts';
import { createProgramResponder, type Program } from '../../support/programs.ts';
import type { TestUser } from '../../support/user.ts';
import { startUvicorn } from '../../support/uvicorn.ts';
import type { Request, Scenario } from './transcript.ts';

/** One of the two that are compared. */
export interface Server {
  /** A caller of its own for each scenario that asks for one. */
  call(scenario: Scenario): Promise<Caller>;
}

export interface Caller {
  send(request: Request, program: Program): Promise<Response>;
  signal(name: string): Promise<void>;
  /** How many replies are being written. */
  running(): Promise<number>;
}

export interface Pair extends AsyncDisposable {
  readonly reference: Server;
  readonly ours: Server;
}

const ANSWER_MS = 20_000;

/** A chatkit-python server under uvicorn and the gateway, which run the same programs. */
export async function startPair(): Promise<Pair> {
  const responder = createProgramResponder();
  const folder = fileURLToPath(new URL('../../support/fastapi', import.meta.url));
  const [service, gateway] = await Promise.all([
    startUvicorn({ app: 'reference:app', folder }),
    startGateway({ responder, config: { agent: { models: ['big'] } } }),
  ]);
  let users = 0;
  let shared: Promise<TestUser> | undefined;
  return {
    reference: {
      async call({ ownUser, store }) {
        const user = ownUser === true ? `user${(users += 1)}` : 'shared';
        return toReference(service.url, { 'X-User': user, 'X-Store': store ?? '' });
      },
    },
    ours: {
      async call({ ownUser }) {
        const user = await (ownUser === true ? gateway.signIn() : (shared ??= gateway.signIn('shared')));
        return {
          send: (request, program) =>
            user.chatkit(request, { headers: { 'Accept-Language': responder.load(program) } }),
          signal: async (name) => responder.signal(name),
          running: async () => gateway.context.runs.activeCount,
        };
      },
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([service.stop(), gateway.stop()]);
    },
  };
}

function toReference(url: string, headers: Record<string, string>): Caller {
  const post = (path: string, body: string, program: Program) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'X-Program': toAscii(program) },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  return {
    send: (request, program) => post('/api/chatkit', JSON.stringify(request), program),
    signal: async (name) => void (await post(`/signal/${name}`, '', [])),
    async running() {
      return ((await (await fetch(`${url}/running`)).json()) as { running: number }).running;
    },
  };
}

/** A header holds ASCII. */
function toAscii(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
