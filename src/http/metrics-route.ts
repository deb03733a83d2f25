import type { RequestHandler } from 'express';
import type { Metrics } from '../observability/metrics.ts';

export function createMetricsRoute({ metrics }: { readonly metrics: Metrics }): RequestHandler {
  return async (_req, res) => {
    res.set('Content-Type', metrics.registry.contentType).send(await metrics.registry.metrics());
  };
}
