// Opens a store when told to, writes one thread, and ends. Several are started at once by a test.
import { createInterface } from 'node:readline';
import { createThread, openTestStore } from '../fixture.ts';

const url = process.argv[2] ?? '';
process.stdout.write('ready\n');
for await (const _line of createInterface({ input: process.stdin })) break;
const store = await openTestStore(url);
const thread = createThread();
await store.chat.writeThread('owner', thread.id, [{ type: 'create-thread', thread }]);
await store[Symbol.asyncDispose]();
process.stdout.write('done\n');
process.exit(0);
