import { hostname } from 'node:os';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { admit, cookieHeader, type Gate, gateOf } from './guards.ts';
import { WebError } from './http-error.ts';
import { type ListenPlace, listen } from './listen.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** A request that was let in. */
export interface WebRequest {
  /** What stands in the place of `:name` in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What was sent, as JSON has it; undefined of a GET. */
  readonly body: unknown;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** What is answered. */
export interface WebAnswer {
  /** Of the body: `application/json`. */
  readonly type: string;
  readonly body: string | Buffer;
  /** In the place of what every answer has, or beside it. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is to be had at a path, by GET, or can be told there, by POST of JSON. */
export interface WebRoute {
  /** `GET` where not given. */
  readonly method?: 'GET' | 'POST';
  /** `/rows/:row` */
  readonly path: string;
  /** Of what is sent; more is refused before it is read. */
  readonly maxBodyBytes?: number;
  /** @throws WebError */
  answer(request: WebRequest): WebAnswer | Promise<WebAnswer>;
}

/** Of what is sent, where a route does not say it. */
const MAX_BODY_BYTES = 64 * 1024;

/** How the server of a local page is started. */
export interface WebOptions extends ListenPlace {
  /** What the address has to have for a request to be answered; made where not given. */
  readonly token?: string | undefined;
  readonly routes: readonly WebRoute[];
  /** Gets what was thrown where a request ends with status 500. */
  readonly onFault?: ((thrown: unknown) => void) | undefined;
}

/** A server that listens. */
export interface RunningWeb {
  /** `http://127.0.0.1:8421/?token=...`: who has it may look. */
  readonly url: string;
  readonly port: number;
  /** Closes the port and all connections at once: whoever has sent something has to know what becomes of it without an answer. */
  stop(): Promise<void>;
}

/** Serves a local page to whoever has its address, and to nobody else ([guards.ts](guards.ts)). @throws BowerbirdError BB_LISTEN */
export async function startWeb(options: WebOptions): Promise<RunningWeb> {
  const gate = gateOf([options.host, hostname()], options.token);
  const app = buildApp(options, gate);
  const { url, port } = await listen(app, options);
  return {
    url: `${url}/?token=${encodeURIComponent(gate.token)}`,
    port,
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

function buildApp({ routes, onFault }: WebOptions, gate: Gate): FastifyInstance {
  const app = fastify({ forceCloseConnections: true }) as unknown as FastifyInstance;
  // Forms of other pages can send text, and JSON cannot be sent by them.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    const givenToken = queryOf(request).get('token');
    try {
      admit({ ...partsOf(request), givenToken }, gate);
    } catch (thrown) {
      done(thrown as Error);
      return;
    }
    if (givenToken !== null) void reply.header('set-cookie', cookieHeader(gate));
    done();
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const error = toWebError(thrown);
    // Whoever has gone has had what was under way given up.
    if (error.code === 'BB_INTERNAL' && !reply.raw.destroyed) onFault?.(thrown);
    return refuse(reply, error);
  });
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, new WebError('BB_HTTP_NOT_FOUND', 'There is nothing at this path.')),
  );
  for (const route of routes) addRoute(app, route);
  return app;
}

function addRoute(
  app: FastifyInstance,
  { method = 'GET', path, maxBodyBytes = MAX_BODY_BYTES, answer }: WebRoute,
): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const {
      type,
      body,
      headers = {},
    } = await answer({
      parameters: request.params as Record<string, string>,
      query: queryOf(request),
      body: request.body,
      signal: gone.signal,
    });
    return reply.headers({ ...headers, 'content-type': type }).send(body);
  };
  app.route({ method, url: path, bodyLimit: maxBodyBytes, handler });
}

function partsOf({
  method,
  url,
  headers,
}: FastifyRequest): Pick<Parameters<typeof admit>[0], 'method' | 'path' | 'headers'> {
  return { method, path: url.split('?', 1)[0]!, headers };
}

/** Of the address itself: what no route takes is not parsed. */
function queryOf({ url }: FastifyRequest): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

function toWebError(thrown: unknown): WebError {
  if (thrown instanceof WebError) return thrown;
  const status = (thrown as { statusCode?: unknown } | undefined)?.statusCode;
  if (status === 413) return new WebError('BB_HTTP_TOO_LARGE', 'More was sent than is read here at a time.');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new WebError('BB_HTTP_QUERY', 'The request cannot be read.');
  return new WebError('BB_INTERNAL', 'That failed. The output of the command has the cause.');
}

function refuse(reply: FastifyReply, { code, statusCode, message }: WebError): FastifyReply {
  return reply
    .code(statusCode)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ error: { code, message } }));
}
