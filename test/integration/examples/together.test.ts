import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { addMessage, create, listItems, listThreads } from '../../support/requests.ts';
import {
  ADA,
  GRACE,
  startTasksService,
  TASKS_SECRET,
  type TasksService,
} from '../../support/tasks-service.ts';
import { createTestUser, type TestUser } from '../../support/user.ts';

/** The file of the example, with the addresses and the secret of this test. */
async function readExample(name: string, url: string) {
  const file = fileURLToPath(new URL(`../../../examples/fastapi-tasks/${name}.yaml`, import.meta.url));
  const { server: _server, auth, ...config } = parse(await readFile(file, 'utf8')) as Record<string, any>;
  return {
    ...config,
    auth: { ...auth, issuers: [{ ...auth.issuers[0], secret: TASKS_SECRET }] },
    upstreams: { api: { ...config['upstreams'].api, targets: [url] } },
  };
}

const credentials = (user: typeof ADA) => ({ email: user.username, password: user.password });

describe.each(['forward', 'bridge'])('the gateway in front of the example service: %s', (name) => {
  let service: TasksService;
  let gateway: TestGateway;
  let ada: TestUser;

  beforeAll(async () => {
    service = await startTasksService();
    gateway = await startGateway({ config: await readExample(name, service.url) });
    ada = await createTestUser(gateway.url, credentials(ADA));
  });
  afterAll(async () => {
    await gateway?.stop();
    await service?.stop();
  });

  it('a user of the service signs in, manages tasks over ChatKit and finds the conversation again', async () => {
    const events = await ada.stream(create('add buy milk'));
    const created = events.find(({ type }) => type === 'thread.created');
    expect(JSON.stringify(events)).toContain('milk');
    await ada.stream(addMessage(created.thread.id, 'what did I say?'));
    const { data } = await ada.ask(listItems(created.thread.id, { order: 'asc' }));
    const answer = data.findLast(({ type }: any) => type === 'assistant_message');
    expect(JSON.stringify(answer)).toContain('add buy milk');
    expect((await ada.ask(listThreads())).data).toHaveLength(1);
  });

  it('the simple API works on top of it', async () => {
    const response = await ada.fetch('/api/chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ message: 'add call Ada', stream: false }),
    });
    expect(response.status).toBe(200);
    const answer = (await response.json()) as any;
    expect(answer.conversation_id).toEqual(expect.any(String));
    const history = await ada.fetch(`/api/conversations/${answer.conversation_id}/messages`);
    expect((await history.json()) as any).toMatchObject({
      data: [{ role: 'user', content: 'add call Ada' }, { role: 'assistant' }],
    });
  });

  it('A55: another user of the service sees nothing of it', async () => {
    const grace = await createTestUser(gateway.url, credentials(GRACE));
    expect((await grace.ask(listThreads())).data).toEqual([]);
    const { data } = await ada.ask(listThreads());
    const foreign = await grace.chatkit(listItems(data[0].id));
    expect(foreign.status).toBe(404);
  });

  it('a token of the service opens the gateway, and a wrong password does not', async () => {
    const grant = await service.signIn(ADA);
    const session = await fetch(`${gateway.url}/api/auth/session`, {
      headers: { Authorization: `Bearer ${grant.access_token}` },
    });
    expect(session.status).toBe(200);
    await expect(createTestUser(gateway.url, { email: 'ada', password: 'wrong-password' })).rejects.toThrow(
      /401/,
    );
  });
});
