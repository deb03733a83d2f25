import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './python.ts';

export interface PythonService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends the process, at once unless told otherwise, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const START_MS = 60_000;
const RUNNER = fileURLToPath(new URL('./plain/run.py', import.meta.url));

/** Runs an ASGI application, named as `module:app` in a folder, under uvicorn on a free port. */
export async function startUvicorn(options: {
  readonly app: string;
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A given port lets a service come back where it was. */
  readonly port?: number;
}): Promise<PythonService> {
  const child = spawn(pythonPath(), ['-u', RUNNER, options.app, String(options.port ?? 0)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, PYTHONPATH: options.folder, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-10_000)));
  const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  const lines = createInterface({ input: child.stdout });
  let line: string;
  try {
    [line] = (await Promise.race([
      once(lines, 'line', { signal: AbortSignal.timeout(START_MS) }),
      exited.then(() => Promise.reject(new Error(`${options.app} ended at its start:\n${errors}`))),
    ])) as [string];
  } catch (error) {
    await stop();
    throw error;
  }
  const port = Number(line);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
