import { type FastifyInstance, fastify } from 'fastify';
import { listen } from '../web/listen.ts';
import { answerClientError } from './client-errors.ts';
import { drainConnections } from './drain.ts';
import { answerFailures, answerFrameworkError, answerUnrouted } from './failures.ts';
import { addGuards, limit, protect, shedLoad } from './guards.ts';
import { Metrics } from './metrics.ts';
import { addDescriptionRoutes, describeRoutes } from './open-api.ts';
import { DEFAULT_OPTIONS, type ScoreStore, type ServeOptions } from './options.ts';
import { addScoreRoutes } from './score-routes.ts';
import { addHealthRoutes, addMetricsRoute } from './state-routes.ts';

/** How often slow requests are looked for; what Node takes by default is half a minute. */
const CHECK_TIMEOUTS_EVERY_MS = 500;
const MAX_HEADER_BYTES = 16 * 1024;
const DRAIN_MARGIN_MS = 1000;

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8420` */
  readonly url: string;
  readonly port: number;
  /**
   * Stops: closes the port, answers what has come and what still comes on open connections, with `Connection: close`,
   * and ends when the last connection has.
   *
   * @returns the number of connections that had to be cut because they took longer than a request may
   */
  stop(): Promise<number>;
}

/**
 * Serves look-ups in a store over HTTP.
 *
 * @param store stays the caller's to close, after `stop`
 * @throws BowerbirdError BB_LISTEN
 */
export async function startServer(
  store: ScoreStore,
  given: Partial<ServeOptions> = {},
): Promise<RunningServer> {
  const options = { ...DEFAULT_OPTIONS, ...given };
  const state: ServerState = { stopping: false, portClosed: false };
  const app = await buildApp(store, options, state);
  const { requestTimeoutMs, keepAliveMs, drainDelayMs } = options;
  const { url, port } = await listen(app, options);
  return {
    url,
    port,
    stop: async () => {
      state.stopping = true;
      if (drainDelayMs > 0) await delay(drainDelayMs);
      let onClosed = (): void => undefined;
      state.closing = new Promise((resolve) => {
        onClosed = () => {
          state.portClosed = true;
          resolve();
        };
      });
      const deadlineMs = requestTimeoutMs + keepAliveMs + DRAIN_MARGIN_MS;
      const cut = await drainConnections(app.server, onClosed, deadlineMs);
      await app.close();
      return cut;
    },
  };
}

/** How far a server is on its way to its end. */
interface ServerState {
  /** /readyz says no from here on. */
  stopping: boolean;
  /**
   * Answers say `Connection: close` from here on, not before: clients would connect anew, and be reset instead of
   * refused where they come while the port closes.
   */
  portClosed: boolean;
  /** Requests wait for it: it is there while the port closes. */
  closing?: Promise<void>;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function buildApp(
  store: ScoreStore,
  options: ServeOptions,
  state: ServerState,
): Promise<FastifyInstance> {
  const app = createApp(options);
  const isDraining = (): boolean => state.stopping;
  const metrics = new Metrics(store, isDraining);
  answerFailures(app, options);
  app.addHook('onRequest', (_request, _reply, done) => {
    if (state.closing) void state.closing.then(() => done());
    else done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (state.portClosed) void reply.header('connection', 'close');
    done();
  });
  countRequests(app, metrics, options);
  await addGuards(app, options);
  await describeRoutes(app, options);
  answerUnrouted(app, options);
  addHealthRoutes(app, store, isDraining);
  await app.register(async (limited) => {
    limit(limited, options);
    await addDescriptionRoutes(limited);
    await limited.register(async (guarded) => {
      protect(guarded, options);
      addMetricsRoute(guarded, metrics);
      await guarded.register(async (scores) => {
        await shedLoad(scores, options);
        addScoreRoutes(scores, store, metrics, options);
      });
    });
  });
  return app;
}

function createApp({ requestTimeoutMs, keepAliveMs, trustedProxies }: ServeOptions): FastifyInstance {
  const app = fastify({
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: CHECK_TIMEOUTS_EVERY_MS,
    },
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    // A client that reads nothing of its answer. Slow requests get theirs, 408, before.
    connectionTimeout: requestTimeoutMs + 2 * CHECK_TIMEOUTS_EVERY_MS,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    routerOptions: { querystringParser: (text) => ({ text }) },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  // Schemas describe; the routes read requests themselves.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return app as unknown as FastifyInstance;
}

function countRequests(app: FastifyInstance, metrics: Metrics, { onRequest }: ServeOptions): void {
  app.addHook('onResponse', (request, reply, done) => {
    const ms = reply.elapsedTime;
    metrics.countRequest(request.routeOptions.url ?? 'none', request.method, reply.statusCode, ms / 1000);
    onRequest?.({
      time: new Date().toISOString(),
      remote: request.ip,
      method: request.method,
      url: request.url,
      status: reply.statusCode,
      ms: Math.round(ms * 1000) / 1000,
    });
    done();
  });
}
