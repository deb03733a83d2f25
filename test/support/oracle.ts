import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './python.ts';

export type OracleKind =
  | 'request'
  | 'event'
  | 'thread'
  | 'threads'
  | 'items'
  | 'item'
  | 'attachment'
  | 'sync_action'
  | 'transcription'
  | 'widget';

/** What the reference can be asked to do with widgets. */
export type OracleAction = 'diff_widget' | 'build_widget' | 'render_template';

export type Outcome<T> = { readonly result: T } | { readonly raised: string };

export type Verdict =
  | { readonly valid: false; readonly problems: readonly string[] }
  | {
      readonly valid: true;
      /** What a reader built on the models would not see as it was sent. Empty when all is well. */
      readonly differences: readonly string[];
      /** For a request: everything that the models read, defaults included. */
      readonly meaning: unknown;
    };

export interface Oracle extends AsyncDisposable {
  /** @param json the text as it went over the wire, or a value to be serialised */
  judge(kind: OracleKind, json: unknown): Promise<Verdict>;
  judgeText(kind: OracleKind, text: string): Promise<Verdict>;
  /** Throws, with everything that is wrong, unless the value is exactly what the reference would send. */
  accept(kind: OracleKind, json: unknown): Promise<void>;
  /** Lets the reference do it; what it raises is an outcome too. */
  perform<T = any>(action: OracleAction, json: unknown): Promise<Outcome<T>>;
}

const ANSWER_MS = 10_000;
/** Python reads all the models first, next to whatever else runs. */
const START_MS = 50_000;

type Answer = { id: number; failure?: string } & Record<string, unknown>;

/** The pydantic models of openai-chatkit in a child process. */
export async function startOracle(): Promise<Oracle> {
  const script = fileURLToPath(new URL('./oracle.py', import.meta.url));
  const child = spawn(pythonPath(), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, (answer: Answer | Error) => void>();
  const fail = (error: Error) => {
    for (const settle of waiting.values()) settle(error);
    waiting.clear();
  };
  const exited = once(child, 'exit').then(() => fail(new Error('the oracle has ended')));
  child.on('error', fail);
  child.stdin.on('error', fail);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });

  let nextId = 1;
  function ask<T>(kind: OracleKind | OracleAction, text: string, waitMs = ANSWER_MS): Promise<T> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`the oracle did not answer within ${waitMs} ms`));
      }, waitMs);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        if (answer instanceof Error) reject(answer);
        else if (answer.failure !== undefined) reject(new Error(`the oracle failed: ${answer.failure}`));
        else resolve(answer as unknown as T);
      });
      child.stdin.write(`${JSON.stringify({ id, kind, json: text })}\n`);
    });
  }

  const judgeText = (kind: OracleKind, text: string) => ask<Verdict>(kind, text);
  const judge = (kind: OracleKind, json: unknown) => judgeText(kind, JSON.stringify(json));
  await ask('transcription', JSON.stringify({ text: '' }), START_MS);
  return {
    judge,
    judgeText,
    async perform(action, json) {
      const { result, raised } = await ask<{ result?: any; raised?: string }>(action, JSON.stringify(json));
      return raised === undefined ? { result } : { raised };
    },
    async accept(kind, json) {
      const verdict = await judge(kind, json);
      const wrong = verdict.valid ? verdict.differences : verdict.problems;
      if (wrong.length > 0) {
        throw new Error(
          `not what openai-chatkit would send as ${kind}:\n${wrong.join('\n')}\n${JSON.stringify(json)}`,
        );
      }
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.kill();
      await exited;
    },
  };
}
