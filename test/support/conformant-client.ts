import { isDeepStrictEqual } from 'node:util';
import { isStreaming } from '../../src/chatkit/protocol/requests.ts';
import type { Oracle, OracleKind } from './oracle.ts';
import { readStream } from './sse.ts';
import type { TestUser } from './user.ts';

interface Request {
  readonly type: string;
  readonly params: unknown;
}

/** A user whose every request, answer and frame is judged by the models of openai-chatkit. */
export interface ConformantClient {
  readonly user: TestUser;
  /** The events of a stream, or the answer of any other operation. */
  send(request: Request): Promise<any>;
}

const ANSWERS: Record<string, OracleKind> = {
  'threads.get_by_id': 'thread',
  'threads.update': 'thread',
  'threads.list': 'threads',
  'items.list': 'items',
  'attachments.create': 'attachment',
  'input.transcribe': 'transcription',
};

export function createConformantClient(user: TestUser, oracle: Oracle): ConformantClient {
  return {
    user,
    async send(request) {
      await checkRequest(oracle, request);
      const response = await user.chatkit(request);
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
      const type = response.headers.get('content-type') ?? '';
      if (isStreaming(request.type)) {
        if (!type.startsWith('text/event-stream')) throw new Error(`a stream was sent as ${type}`);
        return await readJudged(oracle, response);
      }
      if (type !== 'application/json') throw new Error(`an answer was sent as ${type}`);
      const answer: unknown = await response.json();
      const kind = ANSWERS[request.type];
      if (kind !== undefined) await oracle.accept(kind, answer);
      else if (!isDeepStrictEqual(answer, {})) throw new Error(`not {}: ${JSON.stringify(answer)}`);
      return answer;
    },
  };
}

/** Reads a stream to its end and lets the oracle judge each frame. */
export async function readJudged(oracle: Oracle, response: Response): Promise<any[]> {
  const { frames, raw } = await readStream(response);
  for (const { data } of frames) await oracle.accept('event', data);
  const expected = frames.map(({ data }) => `data: ${JSON.stringify(data)}\n\n`).join('');
  if (raw.replaceAll(/^: .*\n\n/gm, '') !== expected) throw new Error(`not plain data frames:\n${raw}`);
  return frames.map(({ data }) => data);
}

/** A request that the models read without leaving anything out. Defaults may be left to them. */
async function checkRequest(oracle: Oracle, request: Request): Promise<void> {
  const verdict = await oracle.judge('request', request);
  const wrong = verdict.valid
    ? verdict.differences.filter((difference) => difference.endsWith('is dropped'))
    : verdict.problems;
  if (wrong.length > 0) throw new Error(`the test sends a wrong request:\n${wrong.join('\n')}`);
}
