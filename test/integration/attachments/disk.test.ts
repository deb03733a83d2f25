import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import type { TestUser } from '../../support/user.ts';
import { form, PNG } from '../../support/files.ts';

let gateway: TestGateway;
let alice: TestUser;
beforeAll(async () => {
  gateway = await startGateway();
  alice = await gateway.signIn();
});
afterAll(() => gateway.stop());

describe('smoke', () => {
  it('uploads', async () => {
    const res = await alice.fetch('/api/attachments', {
      method: 'POST',
      body: form(PNG, 'a.png', 'image/png'),
    });
    const body: any = await res.json();
    expect(body).toEqual({});
  });
});
