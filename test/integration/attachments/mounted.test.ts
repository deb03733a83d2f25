import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { expect, it } from 'vitest';
import { announce, fill } from '../../support/attachments.ts';
import { form, PNG } from '../../support/files.ts';
import { callerAt, createTestGateway, listen } from '../../support/host-app.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder } from '../../support/scripted-responder.ts';
import { readEvents } from '../../support/sse.ts';

it('an application that mounts the gateway at a path gets files with addresses below it', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'gateway-mounted-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const { gateway } = stack.use(
    await createTestGateway({
      config: { attachments: { directory } },
      responder: createScriptedResponder(),
      identify: ({ headers }) =>
        headers['x-user'] === undefined ? undefined : { id: String(headers['x-user']) },
    }),
  );
  const app = express();
  app.use('/chat', gateway.router);
  const { url } = stack.use(await listen(app));
  const user = callerAt(`${url}/chat`, { 'x-user': 'ada' });

  const sent = await user.fetch('/api/attachments', { method: 'POST', body: form(PNG, 'a.png') });
  expect(sent.status).toBe(200);
  const direct: any = await sent.json();
  const early: any = await (await user.chatkit(announce('b.png', PNG.length, 'image/png'))).json();
  expect((await fill(early, PNG)).status).toBe(200);
  const stream = await user.chatkit(create('See', { attachments: [direct.id, early.id] }));
  const { item } = (await readEvents<any>(stream))[1];
  for (const { preview_url: preview } of [direct, ...item.attachments]) {
    expect(preview).toContain(`${url}/chat/api/attachments/`);
    const shown = await fetch(preview);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(PNG);
  }
});
