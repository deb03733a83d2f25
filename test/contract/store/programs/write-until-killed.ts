// Writes for ever, and prints what each acknowledged write stored. A test kills it.
import { createItem, createThread, openTestStore } from '../fixture.ts';

const [url = '', round = ''] = process.argv.slice(2);
const store = await openTestStore(url);
const thread = createThread({ id: `thread-${round}` });
await store.chat.writeThread('owner', thread.id, [{ type: 'create-thread', thread }]);
for (let count = 0; ; count += 1) {
  await store.chat.writeThread('owner', thread.id, [
    { type: 'save-item', item: createItem(thread.id, `item-${count}`) },
    { type: 'save-item', item: createItem(thread.id, 'growing', 'x'.repeat(count % 5000)), pending: true },
  ]);
  process.stdout.write(`item-${count}\n`);
}
