import { pino } from 'pino';
import { createChatKitServer } from '../../src/chatkit/server.ts';
import type { Responder } from '../../src/chatkit/responder.ts';
import type { ChatKitRequest } from '../../src/chatkit/protocol/requests.ts';
import { createEvents } from '../../src/observability/events.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createRunRegistry } from '../../src/runs/registry.ts';
import type { Run, RunEvent } from '../../src/runs/run.ts';
import { openStore } from '../../src/store/open-store.ts';

const logger = pino({ level: 'silent' });

/** A ChatKit server over a real store, without HTTP. */
export async function startChatKitServer(
  responder: Responder,
  options: { checkpointMs?: number; clientToolTimeoutMs?: number } = {},
) {
  const store = await openStore({ url: 'sqlite::memory:', poolSize: 1, timeoutMs: 1000, logger });
  const runs = createRunRegistry();
  const server = createChatKitServer({
    store: store.chat,
    responder,
    runs,
    events: createEvents({ metrics: createMetrics() }),
    checkpointMs: options.checkpointMs ?? 500,
    clientToolTimeoutMs: options.clientToolTimeoutMs ?? 3_600_000,
    checkChoice: () => undefined,
  });
  const context = (subject: string) => ({
    requestId: 'req_test',
    principal: {
      issuer: 'test',
      subject,
      scopes: ['chat'],
      claims: {},
      userKey: JSON.stringify(['test', subject]),
    },
    accessToken: 'token',
    trace: {},
    locale: '',
    logger,
    audience: 'client' as const,
    origin: 'http://gateway.test',
    signal: new AbortController().signal,
  });

  const ask = async (request: ChatKitRequest, subject = 'ada') =>
    await server.handle(request, context(subject));
  return {
    store,
    runs,
    owner: context('ada').principal.userKey,
    async json<Answer = Record<string, unknown>>(request: ChatKitRequest, subject?: string): Promise<Answer> {
      const answer = await ask(request, subject);
      if (answer.kind !== 'json') throw new Error('the answer is a stream');
      return answer.body as Answer;
    },
    async run(request: ChatKitRequest, subject?: string): Promise<Run> {
      const answer = await ask(request, subject);
      if (answer.kind !== 'run') throw new Error('the answer is JSON');
      return answer.run;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

export function input(text: string) {
  return {
    content: [{ type: 'input_text' as const, text }],
    attachments: [],
    quoted_text: undefined,
    inference_options: { tool_choice: undefined, model: undefined },
  };
}

export function createRequest(text: string): ChatKitRequest<'threads.create'> {
  return { type: 'threads.create', params: { input: input(text) }, metadata: {} };
}

export function messageRequest(threadId: string, text: string): ChatKitRequest<'threads.add_user_message'> {
  return {
    type: 'threads.add_user_message',
    params: { thread_id: threadId, input: input(text) },
    metadata: {},
  };
}

/** What a client reads of a run. */
export async function readFrames(run: Run): Promise<RunEvent[]> {
  let text = '';
  for await (const frames of run.frames()) text += frames;
  await run.finished;
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')) as RunEvent);
}
