import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import type { Config } from '../config/schema.ts';
import { extendDeadline } from './body-time.ts';
import { methodNotAllowed } from './problem.ts';
import { requestContext } from './request-context.ts';
import { toTrace } from './trace.ts';

type Route = Config['routes'][number];

/** What carries a request to a service and the answer back. */
interface Carrier {
  find(path: string): Route | undefined;
  pass(passage: {
    readonly route: Route;
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    readonly caller: { readonly principal: Principal; readonly accessToken: string } | undefined;
    readonly own: {
      readonly requestId: string;
      readonly client: { readonly address: string; readonly protocol: string; readonly host: string };
      readonly trace: Readonly<Record<string, string>>;
    };
    readonly signal: AbortSignal;
    readonly logger: Logger;
  }): Promise<void>;
}

/** The configured paths of services. A path that no route has goes on to the next part of the app. */
export function createPassThroughRoutes(options: {
  readonly passThrough: Carrier;
  /** For the routes that want a user. */
  readonly authenticate: readonly RequestHandler[];
  readonly limit: (route: Route) => RequestHandler | undefined;
  /** The address that browsers use, where it is configured. */
  readonly publicUrl: string | null;
}): Router {
  const { passThrough, limit } = options;
  const publicUrl = options.publicUrl === null ? undefined : new URL(options.publicUrl);
  const router = Router();
  router.use((req, res, next) => {
    const route = passThrough.find(req.path);
    if (route === undefined) {
      next('router');
      return;
    }
    res.locals['route'] = route.path;
    res.locals['passThrough'] = route;
    if (!(route.methods as readonly string[]).includes(req.method)) {
      void methodNotAllowed(...route.methods)(req, res, next);
    } else next();
  });
  for (const handler of options.authenticate) {
    router.use(async (req, res, next) => {
      if (routeOf(res).auth === 'none') next();
      else await handler(req, res, next);
    });
  }
  router.use(async (req, res, next) => {
    const handler = limit(routeOf(res));
    if (handler === undefined) next();
    else await handler(req, res, next);
  });
  router.use(async (req, res) => {
    const { requestId, signal, logger, principal, accessToken } = requestContext(res);
    extendDeadline(req, routeOf(res).bodyLimitBytes);
    const isKnown = principal !== undefined && accessToken !== undefined;
    await passThrough.pass({
      route: routeOf(res),
      req,
      res,
      caller: isKnown ? { principal, accessToken } : undefined,
      own: { requestId, client: clientOf(req, publicUrl), trace: toTrace(req) },
      signal,
      logger,
    });
  });
  return router;
}

const routeOf = (res: Response): Route => res.locals['passThrough'] as Route;

/** As the proxies that `server.trustProxy` names say, or the connection itself. */
function clientOf(req: Request, publicUrl: URL | undefined) {
  return {
    address: req.ip ?? req.socket.remoteAddress ?? 'unknown',
    protocol: publicUrl?.protocol.slice(0, -1) ?? req.protocol,
    host: publicUrl?.host ?? req.host ?? 'unknown',
  };
}
