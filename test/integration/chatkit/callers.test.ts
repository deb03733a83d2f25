import { expect, it } from 'vitest';
import type { Responder, ThreadWork } from '../../../src/chatkit/responder.ts';
import { startGateway } from '../../support/gateway.ts';
import { create, customAction, feedback, syncAction } from '../../support/requests.ts';
import { readEvents } from '../../support/sse.ts';

it('knows who asked, what for and in which language: replies, actions and feedback', async () => {
  const seen: ThreadWork[] = [];
  const nothing = async function* () {};
  const responder: Responder = {
    respond(turn) {
      seen.push(turn);
      return nothing();
    },
    act(turn) {
      seen.push(turn);
      return nothing();
    },
    async actSync(action) {
      seen.push(action);
      return undefined;
    },
    async onFeedback(work) {
      seen.push(work);
    },
  };
  await using gateway = await startGateway({ responder });
  const user = await gateway.signIn();
  const send = async (request: object) => {
    const response = await user.chatkit(request, { headers: { 'Accept-Language': 'de-CH, en;q=0.5' } });
    expect(response.status).toBe(200);
    return response;
  };
  const created = await send(create('Hi'));
  const [{ thread }, { item }] = await readEvents(created);
  const answers = [
    created,
    await send(customAction(thread.id, { type: 'go' })),
    await send(syncAction(thread.id, { type: 'go' })),
    await send(feedback(thread.id, [item.id])),
  ];
  expect(
    seen.map(({ principal, locale, requestId, thread: { id } }) => [
      principal.subject,
      locale,
      requestId,
      id,
    ]),
  ).toEqual(
    answers.map((answer) => [user.id, 'de-CH, en;q=0.5', answer.headers.get('x-request-id'), thread.id]),
  );
});
