import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGateway } from 'chatkit-gateway';

// Ends by itself only when a closed gateway leaves nothing open: no timer, no socket, no database.
const folder = await mkdtemp(path.join(tmpdir(), 'gateway-handles-'));
const gateway = await createGateway({
  config: {
    log: { level: 'error' },
    store: { url: `sqlite:${path.join(folder, 'gateway.db')}` },
    auth: { local: { keyFile: path.join(folder, 'key.json') } },
  },
  identify: () => ({ id: 'ada' }),
});
const server = createServer(gateway.handle);
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const { port } = server.address() as AddressInfo;
const answer = await fetch(`http://127.0.0.1:${port}/api/chat`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Connection: 'close' },
  body: JSON.stringify({ message: 'Hello', stream: false }),
});
const { content } = (await answer.json()) as { content: string };
server.close();
await gateway.close();
await rm(folder, { recursive: true });
process.stdout.write(content === '' ? 'no reply' : 'replied');
