import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonPath } from './python.ts';

/** A server of the S3 protocol that keeps everything in its memory. */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  /** A new, empty bucket as `attachments.s3` of the configuration. */
  createBucket(): Promise<S3Settings>;
  /** The keys of everything in a bucket. */
  listKeys(bucket: string): Promise<string[]>;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

export interface S3Settings {
  readonly bucket: string;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly forcePathStyle: boolean;
}

const START_MS = 60_000;

export async function startS3(): Promise<S3Server> {
  const script = fileURLToPath(new URL('./s3.py', import.meta.url));
  const child = spawn(pythonPath(), [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  };
  let port: string;
  try {
    [port] = (await once(createInterface({ input: child.stdout }), 'line', {
      signal: AbortSignal.timeout(START_MS),
    })) as [string];
  } catch (error) {
    await kill();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async createBucket() {
      const bucket = `files-${randomUUID()}`;
      const made = await fetch(`${url}/${bucket}`, { method: 'PUT' });
      if (!made.ok) throw new Error(`the bucket was not made: ${made.status} ${await made.text()}`);
      return {
        bucket,
        endpoint: url,
        accessKeyId: 'test-key',
        secretAccessKey: 'test-secret-key',
        forcePathStyle: true,
      };
    },
    async listKeys(bucket) {
      const xml = await (await fetch(`${url}/${bucket}?list-type=2`)).text();
      return [...xml.matchAll(/<Key>([^<]+)<\/Key>/g)].map((match) => match[1] ?? '').sort();
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
