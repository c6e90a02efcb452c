import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';
import type { ScoreStore } from './options.ts';
import { HEALTHZ, METRICS, READYZ } from './schemas.ts';

/** Any hash: a look-up reads a page of the store whether or not it is there. */
const PROBE = 0n;

/** `/healthz` and `/readyz`: for whoever starts, ends and addresses the process. */
export function addHealthRoutes(app: FastifyInstance, store: ScoreStore, isDraining: () => boolean): void {
  app.get('/healthz', { schema: HEALTHZ }, () => ({ ok: true }));
  app.get('/readyz', { schema: READYZ }, (_request, reply) => {
    const reason = isDraining() ? 'The server was told to stop.' : problemOf(store);
    return reason === undefined ? { ready: true } : reply.code(503).send({ ready: false, reason });
  });
}

function problemOf(store: ScoreStore): string | undefined {
  try {
    store.get(PROBE);
    return undefined;
  } catch {
    return 'The store cannot be read.';
  }
}

/** `/metrics` */
export function addMetricsRoute(scope: FastifyInstance, metrics: Metrics): void {
  scope.get('/metrics', { schema: METRICS }, async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  );
}
