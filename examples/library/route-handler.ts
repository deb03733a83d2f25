// A ChatKit endpoint for whatever serves web requests: a Next.js route handler, Hono, Deno, or node:http as below.
//   npm run build && node examples/library/route-handler.ts
import { createServer } from 'node:http';
import { createChatKitServer, toNodeListener, type ChatKitServer } from 'chatkit-gateway/server';
import { createMapStore } from './map-store.ts';
import { echo } from './echo.ts';

export const server: ChatKitServer = createChatKitServer({ store: createMapStore(), responder: echo });

/** As `app/api/chatkit/route.ts` of Next.js exports it. */
export async function POST(request: Request): Promise<Response> {
  const userId = request.headers.get('x-user') ?? ''; // your sign-in goes here
  return await server.respond(request, userId === '' ? undefined : { userId });
}

if (import.meta.main) {
  createServer(toNodeListener(POST)).listen(3000, () => process.stdout.write('http://127.0.0.1:3000\n'));
}
