// The gateway inside an Express application that has pages, routes and a sign-in of its own.
//   npm run build && node examples/library/express-app.ts
import express, { type Express, type Request } from 'express';
import { createGateway, type Gateway, type GatewayOptions } from 'chatkit-gateway';

/** Stands for the session of your application: whoever it says the user is. */
function userOf(req: Pick<Request, 'headers'>): { id: string } | undefined {
  const [, id] = /(?:^|; )user=([\w-]+)/.exec(req.headers.cookie ?? '') ?? [];
  return id === undefined ? undefined : { id };
}

export async function createShop(options: GatewayOptions = {}): Promise<{ app: Express; gateway: Gateway }> {
  const gateway = await createGateway({
    ...options,
    config: { store: { url: 'sqlite:data/shop-chat.db' }, ...options.config },
    identify: (req) => userOf(req),
  });
  const app = express();
  // ChatKit's api.url is /chat/api/chatkit. Before the body parsers, so that uploads stream through.
  app.use('/chat', gateway.router);
  app.use(express.json());
  app.get('/api/orders', (req, res) => {
    res.json({ orders: [], user: userOf(req)?.id });
  });
  return { app, gateway };
}

if (import.meta.main) {
  const { app, gateway } = await createShop({ env: process.env });
  const server = app.listen(3000, () => process.stdout.write('http://127.0.0.1:3000/chat/docs\n'));
  process.once('SIGTERM', () => {
    // New connections are refused while running replies finish.
    server.close();
    void gateway.close();
  });
}
