import { fastifyBearerAuth } from '@fastify/bearer-auth';
import { fastifyCors } from '@fastify/cors';
import { fastifyRateLimit } from '@fastify/rate-limit';
import { fastifyUnderPressure } from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { HttpError } from './http-error.ts';
import type { ServeOptions } from './options.ts';

/** Names of answer headers that scripts of allowed origins may read. */
const EXPOSED_HEADERS = ['Bowerbird-Columns', 'Bowerbird-Store-Version', 'Retry-After'];
const PREFLIGHT_SECONDS = 600;
const LAG_SAMPLE_MS = 250;

/** Registers what stands before the routes: CORS, the rate limit, the token. Each is used by `limit` and `protect`. */
export async function addGuards(app: FastifyInstance, options: ServeOptions): Promise<void> {
  if (options.corsOrigins.length > 0) {
    await app.register(fastifyCors, {
      origin: [...options.corsOrigins],
      methods: ['GET', 'HEAD', 'POST'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Accept'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_SECONDS,
      strictPreflight: false,
    });
  }
  if (options.rateLimit > 0) {
    await app.register(fastifyRateLimit, {
      global: false,
      max: options.rateLimit,
      timeWindow: '1 minute',
      errorResponseBuilder: (_, { after }) =>
        new HttpError(
          'BB_HTTP_RATE_LIMIT',
          `More than ${options.rateLimit} requests a minute. Wait ${after}.`,
        ),
    });
  }
  if (options.token !== undefined) {
    await app.register(fastifyBearerAuth, {
      addHook: false,
      keys: [options.token],
      specCompliance: 'rfc6749',
    });
  }
}

/** Bounds the requests of each address to the routes of this scope. */
export function limit(scope: FastifyInstance, options: ServeOptions): void {
  if (options.rateLimit > 0) scope.addHook('onRequest', scope.rateLimit());
}

/** Demands the token for the routes of this scope, before anything of their bodies is read. */
export function protect(scope: FastifyInstance, options: ServeOptions): void {
  if (options.token === undefined) return;
  const verify = scope.verifyBearerAuth!;
  scope.addHook('onRequest', (request, reply, done) => {
    verify(request, reply, (refused) => done(refused && unauthorized(reply)));
  });
}

/** Answers 503 while the event loop lags: better a few clients that come again than all of them timing out. */
export async function shedLoad(scope: FastifyInstance, { maxLagMs }: ServeOptions): Promise<void> {
  if (maxLagMs === 0) return;
  await scope.register(fastifyUnderPressure, {
    maxEventLoopDelay: maxLagMs,
    sampleInterval: LAG_SAMPLE_MS,
    retryAfter: 1,
    pressureHandler: (_request, reply: FastifyReply) => {
      void reply.header('retry-after', '1');
      throw new HttpError('BB_HTTP_OVERLOADED', 'The server has more requests than it can answer in time.');
    },
  });
}

function unauthorized(reply: FastifyReply): HttpError {
  void reply.header('www-authenticate', 'Bearer');
  return new HttpError(
    'BB_HTTP_UNAUTHORIZED',
    'Send the header Authorization: Bearer TOKEN, with the right token.',
  );
}
