import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATION_TYPES } from '../../../src/chatkit/protocol/requests.ts';
import { withoutHeartbeats } from '../../support/forward.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startRecorder, type Recorder } from '../../support/recorder.ts';
import * as requests from '../../support/requests.ts';
import { ADA, startTasksService, TASKS_SECRET, type TasksService } from '../../support/tasks-service.ts';
import { createTestUser, type TestUser } from '../../support/user.ts';

let service: TasksService;
let recorder: Recorder;
let gateway: TestGateway;
let ada: TestUser;
const asked = new Set<string>();

beforeAll(async () => {
  service = await startTasksService();
  recorder = await startRecorder(service.url);
  gateway = await startGateway({
    config: {
      auth: {
        mode: 'jwt',
        issuers: [
          { issuer: 'fastapi-tasks', audience: 'fastapi-tasks', algorithms: ['HS256'], secret: TASKS_SECRET },
        ],
        service: { upstream: 'api', loginForm: 'password' },
      },
      chat: { backend: 'forward' },
      upstreams: { api: { targets: [recorder.url], credentials: 'forward' } },
    },
  });
  ada = await createTestUser(gateway.url, { email: ADA.username, password: ADA.password });
});
afterAll(async () => {
  await gateway?.stop();
  await recorder?.[Symbol.asyncDispose]();
  await service?.stop();
});

/** Sends an operation through the gateway and holds what came back against what the service said. */
async function expectSame(request: { readonly type: string; readonly params: object }): Promise<any[]> {
  asked.add(request.type);
  const response = await ada.chatkit(request);
  const text = await response.text();
  const said = recorder.answers.at(-1);
  expect([response.status, withoutHeartbeats(text)]).toEqual([said?.status, said?.body().toString()]);
  expect(response.status, text).toBe(200);
  if (!text.startsWith('data:')) return [JSON.parse(text)];
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => JSON.parse(frame.slice('data: '.length)));
}

const items = (events: readonly any[]) => events.flatMap(({ item }) => item ?? []);

describe('every operation in front of a real chatkit-python service is the same, byte for byte', () => {
  let threadId: string;

  it('S8: messages, retries, lists and changes', async () => {
    const events = await expectSame(requests.create('add buy milk'));
    threadId = events[0].thread.id;
    const [message] = items(events);
    await expectSame(requests.addMessage(threadId, 'what did I say?'));
    await expectSame(requests.retryAfter(threadId, message.id));
    await expectSame(requests.getThread(threadId));
    await expectSame(requests.listThreads());
    const [page] = await expectSame(requests.listItems(threadId, { order: 'asc' }));
    await expectSame(requests.feedback(threadId, [page.data.at(-1).id]));
    await expectSame(requests.rename(threadId, 'Shopping'));
  });

  it('S8: widgets and their actions', async () => {
    const events = await expectSame(requests.addMessage(threadId, 'show my tasks'));
    const widget = items(events).findLast(({ type }) => type === 'widget');
    const action = { type: 'tasks.refresh', payload: {} };
    await expectSame({
      type: 'threads.sync_custom_action',
      params: { thread_id: threadId, item_id: widget.id, action },
    });
    const tasks = await fetch(`${service.url}/api/tasks`, {
      headers: { Authorization: `Bearer ${ada.token}` },
    });
    const [task] = (await tasks.json()) as any;
    const complete = { type: 'task.complete', payload: { id: task.id } };
    const params = { thread_id: threadId, item_id: widget.id, action: complete };
    await expectSame({ type: 'threads.custom_action', params });
  });

  it('S8: client tools and structured questions', async () => {
    const call = items(await expectSame(requests.addMessage(threadId, 'dark mode'))).findLast(
      ({ type }) => type === 'client_tool_call',
    );
    expect(call.status).toBe('pending');
    await expectSame({
      type: 'threads.add_client_tool_output',
      params: { thread_id: threadId, result: { done: null } },
    });
    const question = items(await expectSame(requests.addMessage(threadId, 'new task'))).findLast(
      ({ type }) => type === 'structured_input',
    );
    const answers = { title: { values: ['Call Grace'] }, when: { values: ['today'] } };
    const params = { thread_id: threadId, item_id: question.id, input: { status: 'answered', answers } };
    await expectSame({ type: 'threads.add_structured_input', params });
  });

  it('S8: attachments and speech', async () => {
    const file = { name: 'a.txt', size: 5, mime_type: 'text/plain' };
    const [attachment] = await expectSame({ type: 'attachments.create', params: file });
    await expectSame({ type: 'attachments.delete', params: { attachment_id: attachment.id } });
    await expectSame({
      type: 'input.transcribe',
      params: { audio_base64: 'AAAA', mime_type: 'audio/webm;codecs=opus' },
    });
  });

  it('S3 S8: a reply that is stopped is the same as far as it came, and the thread goes on', async () => {
    const stop = new AbortController();
    const response = await ada.chatkit(requests.addMessage(threadId, 'count to 200 every 20 ms'), {
      signal: stop.signal,
    });
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (text.includes('text_delta')) stop.abort();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    expect(recorder.answers.at(-1)?.body().toString().startsWith(withoutHeartbeats(text))).toBe(true);
    await expectSame(requests.addMessage(threadId, 'what did I say?'));
  });

  it('asked for all 16', async () => {
    await expectSame(requests.deleteThread(threadId));
    expect([...asked].toSorted()).toEqual(OPERATION_TYPES.toSorted());
  });
});
