import { Router } from 'express';
import type { Readiness } from '../observability/readiness.ts';
import { requestContext } from './request-context.ts';
import { methodNotAllowed } from './problem.ts';

/** `/healthz`: the process answers. `/readyz`: it can serve requests. */
export function createHealthRoutes({ readiness }: { readonly readiness: Readiness }): Router {
  const router = Router();
  router
    .route('/healthz')
    .get((_req, res) => {
      res.set('Cache-Control', 'no-store').json({ status: 'ok' });
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  router
    .route('/readyz')
    .get(async (_req, res) => {
      res.set('Cache-Control', 'no-store');
      try {
        await readiness.check();
        res.json({ status: 'ready' });
      } catch (error) {
        requestContext(res).logger.warn({ err: error }, 'not ready');
        res.status(503).json({ status: 'not ready' });
      }
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  return router;
}
