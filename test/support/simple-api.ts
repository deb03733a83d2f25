import { readStream } from './sse.ts';
import type { TestUser } from './user.ts';

export const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
export const chat = async (caller: TestUser, body: object) => {
  const { frames, raw } = await readStream(await caller.fetch('/api/chat', post(body)));
  const expected = frames.map(({ data }) => `data: ${JSON.stringify(data)}\n\n`).join('');
  if (raw !== expected) throw new Error(`not plain data frames:\n${raw}`);
  return frames.map(({ data }) => data);
};
export const json = async (caller: TestUser, path: string, init?: RequestInit) => {
  const response = await caller.fetch(path, init);
  return {
    status: response.status,
    body: response.status === 204 ? undefined : ((await response.json()) as any),
  };
};
export const contentOf = (frames: any[]) => frames.map(({ content }) => content ?? '').join('');
