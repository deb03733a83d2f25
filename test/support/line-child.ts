import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './python.ts';

/** Loading Python packages, beside other tests. */
const START_MS = 60_000;
const ANSWER_MS = 20_000;

type Answer = { id: number; failure?: string } & Record<string, unknown>;

/** A Python script of this folder that answers each JSON line with one, after `{"id": 0}`. */
export interface LineChild extends AsyncDisposable {
  ask(question: object): Promise<Answer>;
}

export async function startLineChild(script: string): Promise<LineChild> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(pythonPath(), [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const exited = once(child, 'exit').then(() => fail(new Error(`${script} has ended`)));
  child.on('error', fail);
  child.stdin.on('error', fail);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });

  async function answerOf(id: number, timeoutMs: number): Promise<Answer> {
    const answered = Promise.withResolvers<Answer>();
    waiting.set(id, answered);
    const timer = setTimeout(
      () => answered.reject(new Error(`${script} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      const answer = await answered.promise;
      if (answer.failure !== undefined) throw new Error(`${script} failed: ${answer.failure}`);
      return answer;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  let nextId = 1;
  try {
    await answerOf(0, START_MS);
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    async ask(question) {
      const id = nextId++;
      const answer = answerOf(id, ANSWER_MS);
      child.stdin.write(`${JSON.stringify({ ...question, id })}\n`);
      return await answer;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.kill();
      await exited;
    },
  };
}
