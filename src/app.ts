import type { RequestListener } from 'node:http';
import express, { type Express } from 'express';
import { createChatKitHandler, createChatKitRoute, type ChatKitHandler } from './chat/chatkit-route.ts';
import { createHostedSessionRoute } from './chat/hosted/session-route.ts';
import { createSimpleApi } from './chat/simple/routes.ts';
import type { Config } from './config/schema.ts';
import type { GatewayContext } from './context.ts';
import { createAttachmentRoutes } from './http/attachment-routes.ts';
import { createDirectPost } from './http/direct.ts';
import { createDocsRoutes } from './http/docs.ts';
import { createHealthRoutes } from './http/health.ts';
import { createInstrument, createWatch } from './http/instrument.ts';
import { readJsonBytesBySize } from './http/large-body.ts';
import { createMetricsRoute } from './http/metrics-route.ts';
import { createOriginOf } from './http/origin.ts';
import { createPassThroughRoutes } from './http/pass-through-routes.ts';
import { createProblemRenderer, methodNotAllowed, notFound } from './http/problem.ts';
import { createContextOpener, createRequestContext } from './http/request-context.ts';
import {
  createCors,
  createPreflight,
  createSecurityHeaders,
  requirePlainTarget,
  requireSingleHeaders,
  type CorsOptions,
} from './http/security.ts';
import { toMiddleware } from './http/step.ts';
import { sizeOfTranscriptionRequests } from './transcription/settings.ts';

const CHATKIT = '/api/chatkit';

/**
 * The public listener. Plain ChatKit posts pass the same steps as in Express, in the same order, without its router;
 * Express has everything else.
 */
export function createListener(context: GatewayContext): RequestListener {
  const { config, logger, metrics, auth, limits } = context;
  const app = createApp(context);
  return createDirectPost({
    path: CHATKIT,
    bodyLimitBytes: config.server.bodyLimitBytes,
    open: createContextOpener({ logger, originOf: originOfApp(app, config) }),
    steps: [
      createWatch({ metrics }),
      createSecurityHeaders(),
      createCors(toCorsOptions(config)),
      auth.admitToChat,
      limits.chat.consume,
    ],
    answer: toChatKitHandler(context),
    otherwise: app,
  });
}

/** The pipeline of Express, in the order in which a request passes. */
export function createApp(context: GatewayContext): Express {
  const { config, logger, metrics, auth, limits, backend, readiness, passThrough, attachments } = context;
  const { bodyLimitBytes, heartbeatMs } = config.server;
  const limitRuns = limits.runs.consume;
  const cors = toCorsOptions(config);
  const app = createBareApp([...config.server.trustProxy]);

  app.use(createRequestContext({ logger, originOf: originOfApp(app, config) }));
  // Before anything can refuse a request, so that refusals are counted and logged too.
  app.use(createInstrument({ metrics }));
  app.use(requireSingleHeaders, requirePlainTarget);
  app.use(toMiddleware(createSecurityHeaders()), toMiddleware(createCors(cors)), createPreflight(cors));
  app.use(createHealthRoutes({ readiness }));
  app.use(createDocsRoutes());
  app.route('/.well-known/jwks.json').get(auth.jwks).all(methodNotAllowed('GET', 'HEAD'));
  app.use(auth.router);

  if (passThrough !== undefined) {
    const limit = ({ path }: { readonly path: string }) => limits.routes.get(path)?.middleware;
    const { publicUrl } = config.server;
    app.use(createPassThroughRoutes({ passThrough, authenticate: [auth.authenticate], limit, publicUrl }));
  }

  // A browser that loads an image, or uploads out of a frame, sends no token: a signed link can stand for it.
  if (attachments !== undefined) {
    const authenticate = [auth.authenticate, auth.requireChat, limits.chat.middleware];
    app.use(createAttachmentRoutes({ attachments, authenticate }));
  }

  app.use((req, res, next) => {
    // A refusal that comes before the route itself is counted under its name too.
    if (req.path === CHATKIT) res.locals['route'] = CHATKIT;
    next();
  });
  // Everything below needs a principal that may chat.
  app.use('/api', auth.authenticate, auth.requireChat);
  app
    .route(CHATKIT)
    .post(
      limits.chat.middleware,
      ...readJsonBytesBySize({ limitBytes: bodyLimitBytes, larger: sizeOfTranscriptionRequests(config) }),
      createChatKitRoute(toChatKitHandler(context)),
    )
    .all(methodNotAllowed('POST'));
  app
    .route('/api/chatkit/session')
    .post(limits.chat.middleware, ...createHostedSessionRoute(context.hostedSessions))
    .all(methodNotAllowed('POST'));
  app.use(
    createSimpleApi({
      backend,
      metrics,
      heartbeatMs,
      bodyLimitBytes,
      limitChat: limits.chat.middleware,
      limitRuns,
      firstByteHoldMs: config.chat.firstByteHoldMs,
    }),
  );

  app.use(notFound);
  app.use(createProblemRenderer());
  return app;
}

function toChatKitHandler({ config, backend, metrics, limits }: GatewayContext): ChatKitHandler {
  const { heartbeatMs } = config.server;
  return createChatKitHandler({ backend, metrics, heartbeatMs, limitRuns: limits.runs.consume });
}

function originOfApp(app: Express, { server }: Config) {
  const trusts = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  return createOriginOf({ publicUrl: server.publicUrl, trusts });
}

function toCorsOptions({ server, routes }: Config): CorsOptions {
  return { origins: server.corsOrigins, ...namesOfRoutes(routes) };
}

/** What pages of other origins may send to the routes of the configuration and read of their answers. */
function namesOfRoutes(routes: Config['routes']) {
  if (routes.length === 0) return {};
  return {
    methods: routes.flatMap(({ methods }) => methods),
    requestHeaders: ['If-Match', 'If-None-Match', 'Range', ...routes.flatMap((each) => each.requestHeaders)],
    responseHeaders: [
      'Accept-Ranges',
      'Content-Disposition',
      'Content-Range',
      'ETag',
      'Location',
      ...routes.flatMap((each) => each.responseHeaders),
    ],
  };
}

/** The admin listener: never exposed to browsers. */
export function createAdminApp(context: GatewayContext): Express {
  const { logger, metrics, readiness } = context;
  const app = createBareApp([]);
  app.use(createRequestContext({ logger }));
  app.use(createInstrument({ metrics }));
  app.use(createHealthRoutes({ readiness }));
  app.get('/metrics', createMetricsRoute({ metrics }));
  app.use(notFound);
  app.use(createProblemRenderer());
  return app;
}

function createBareApp(trustProxy: string[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', trustProxy);
  return app;
}
