import { readEvents } from './sse.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A signed-in caller of the gateway. */
export interface TestUser extends Credentials {
  readonly id: string;
  readonly token: string;
  readonly refreshToken: string;
  /** The same session at another address: after a restart, or at a replica. */
  at(url: string): TestUser;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** `POST /api/chatkit` with this request. */
  chatkit(request: unknown, init?: RequestInit): Promise<Response>;
  /** The answer of an operation that is no stream; fails unless the status is 200. */
  ask<T = any>(request: unknown): Promise<T>;
  /** The events of an operation that is a stream, to its end; fails unless the status is 200. */
  stream<T = any>(request: unknown): Promise<T[]>;
}

/** Longer than any answer of a test; a test that hangs says where. */
const ANSWER_MS = 20_000;

export async function createTestUser(url: string, credentials: Credentials): Promise<TestUser> {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(credentials),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (response.status !== 200) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const grant = (await response.json()) as any;
  return toTestUser(url, {
    ...credentials,
    id: String(grant.user.id),
    token: String(grant.access_token),
    refreshToken: String(grant.refresh_token),
  });
}

type Session = Pick<TestUser, 'email' | 'password' | 'id' | 'token' | 'refreshToken'>;

function toTestUser(url: string, session: Session): TestUser {
  const { token } = session;

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('Authorization', `Bearer ${token}`);
    const signal = init.signal ?? AbortSignal.timeout(ANSWER_MS);
    return await fetch(`${url}${path}`, { ...init, headers, signal });
  }
  const chatkit: TestUser['chatkit'] = (request, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('Content-Type', 'application/json');
    const body = typeof request === 'string' ? request : JSON.stringify(request);
    return send('/api/chatkit', { method: 'POST', body, ...init, headers });
  };
  const expectOk = async (request: unknown) => {
    const answer = await chatkit(request);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer;
  };
  return {
    ...session,
    at: (other) => toTestUser(other, session),
    fetch: send,
    chatkit,
    ask: async (request) => (await (await expectOk(request)).json()) as any,
    stream: async (request) => await readEvents(await expectOk(request)),
  };
}
