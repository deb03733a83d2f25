import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  createDiskHome,
  problemOf,
  type FilesGateway,
  type FilesHome,
} from '../../support/attachments.ts';
import type { TestUser } from '../../support/user.ts';

let home: FilesHome;
let gateway: FilesGateway;
let alice: TestUser;
beforeAll(async () => {
  home = await createDiskHome();
  gateway = await home.start();
  alice = await gateway.signIn('alice');
});
afterAll(async () => {
  await gateway.stop();
  await home[Symbol.asyncDispose]();
});

describe('an announcement', () => {
  it.each([
    ['name', announce('x'.repeat(4_097), 1, 'text/plain')],
    ['mime_type', announce('x', 1, 'x'.repeat(4_097))],
  ])('with an endless %s is refused', async (field, body) => {
    const problem = await problemOf(await alice.chatkit(body));
    expect(problem).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(JSON.stringify(problem)).toContain(field);
  });

  it('may have a name as long as a path', async () => {
    const { name } = await alice.ask(announce(`${'x'.repeat(4_092)}.txt`, 1, 'text/plain'));
    expect(name).toBe(`${'x'.repeat(196)}.txt`);
  });
});
