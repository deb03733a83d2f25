import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './python.ts';

/** One request as the service got it, and what it did about it. */
export interface SeenRequest {
  readonly path: string;
  readonly query: string;
  /** As they came: every header, in order, lower-case names. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly state: 'open' | 'silent' | 'finished' | 'died' | 'aborted';
  /** The bytes of its answer, once it has ended. */
  readonly sent: string | undefined;
}

export interface FastApiService extends AsyncDisposable {
  readonly url: string;
  seen(): Promise<SeenRequest[]>;
  stop(): Promise<void>;
}

const START_MS = 30_000;

const decode = (base64: string | undefined) =>
  base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');

/** A real FastAPI service on openai-chatkit, under uvicorn, on a free port. */
export async function startFastApi(): Promise<FastApiService> {
  const script = fileURLToPath(new URL('./fastapi/service.py', import.meta.url));
  const child = spawn(pythonPath(), ['-u', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [port] = (await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(START_MS) }),
    exited.then(() => Promise.reject(new Error('the FastAPI service ended at its start'))),
  ])) as [string];
  const url = `http://127.0.0.1:${port}`;

  async function stop() {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  }
  return {
    url,
    stop,
    async seen() {
      const response = await fetch(`${url}/_seen`, { signal: AbortSignal.timeout(5_000) });
      const entries = (await response.json()) as SeenRequest[];
      return entries.map((entry) => ({ ...entry, body: decode(entry.body) ?? '', sent: decode(entry.sent) }));
    },
    [Symbol.asyncDispose]: stop,
  };
}
