import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startUvicorn, type PythonService } from './uvicorn.ts';

/** The secret that signs the service's tokens in tests. */
export const TASKS_SECRET = 'a-secret-of-the-tests-that-is-long-enough';
export const ADA = { username: 'ada', password: 'ada-password' };
export const GRACE = { username: 'grace', password: 'grace-password' };

export interface TasksTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
}

export interface TasksService extends PythonService {
  /** Keeps the users, tasks and threads when given to another start. */
  readonly dataDir: string;
  signIn(user?: { readonly username: string; readonly password: string }): Promise<TasksTokens>;
}

const FOLDER = fileURLToPath(new URL('../../examples/fastapi-tasks', import.meta.url));

/** The example service of examples/fastapi-tasks, with two demo users, under uvicorn on a free port. */
export async function startTasksService(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly port?: number;
    readonly dataDir?: string;
  } = {},
): Promise<TasksService> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'tasks-service-')));
  const service = await startUvicorn({
    app: 'app:app',
    folder: FOLDER,
    env: {
      TASKS_DATA_DIR: dataDir,
      TASKS_JWT_SECRET: TASKS_SECRET,
      TASKS_DEMO_USERS: '1',
      TASKS_TOKEN_DELAY_MS: '1',
      ...options.env,
    },
    ...(options.port !== undefined && { port: options.port }),
  });
  const stop = async (signal?: NodeJS.Signals) => {
    await service.stop(signal);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  return {
    ...service,
    dataDir,
    stop,
    async signIn(user = ADA) {
      const response = await fetch(`${service.url}/auth/token`, {
        method: 'POST',
        body: new URLSearchParams(user),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
      return (await response.json()) as TasksTokens;
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}
