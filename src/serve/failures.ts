import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf } from '../base/errors.ts';
import { errorBody, HttpError, type HttpErrorCode, shown } from './http-error.ts';
import { JSON_TYPE, OCTET_TYPE } from './media-types.ts';
import type { ServeOptions } from './options.ts';

/** What fastify itself finds wrong with a request. */
const FRAMEWORK_ERRORS: Readonly<Record<string, readonly [HttpErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'BB_HTTP_TOO_LARGE',
    'The body is longer than --max-hashes allows. Send it in parts.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'BB_HTTP_MEDIA_TYPE',
    `Send hashes with Content-Type: ${JSON_TYPE} or ${OCTET_TYPE}.`,
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'BB_HTTP_REQUEST',
    'The body has another length than Content-Length says.',
  ],
  FST_ERR_BAD_URL: ['BB_HTTP_REQUEST', 'The path is no percent-encoded UTF-8.'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'BB_HTTP_URL_TOO_LONG',
    'That is too long for a hash: it has at most 20 characters.',
  ],
};

/** Makes an answer of everything that is thrown: JSON with a stable code, never a trace. */
export function answerFailures(app: FastifyInstance, { onFault }: ServeOptions): void {
  app.setErrorHandler((thrown, _request, reply) => {
    // fastify would end the connection under a client that still sends. What is left of the body is read and dropped
    // instead, within the request's time, so that the client gets to the answer.
    void reply.removeHeader('connection');
    const error = toHttpError(thrown);
    if (error.statusCode === 500) onFault?.(thrown);
    return answer(reply, error);
  });
}

/** What the router refuses before any route is found. */
export function answerFrameworkError(thrown: Error, _request: FastifyRequest, reply: FastifyReply): void {
  void answer(reply, toHttpError(thrown));
}

function answer(reply: FastifyReply, { code, statusCode, message }: HttpError): FastifyReply {
  return reply
    .code(statusCode)
    .header('content-type', `${JSON_TYPE}; charset=utf-8`)
    .send(errorBody(code, message));
}

function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const code = codeOf(thrown);
  const [ownCode, message] = FRAMEWORK_ERRORS[code ?? ''] ?? [];
  if (ownCode) return new HttpError(ownCode, message!);
  if (code === 'BB_STORE_CORRUPT')
    return new HttpError(
      code,
      'The store is damaged. Its owner finds the place in the output of the server.',
    );
  const status = statusOf(thrown);
  if (status >= 400 && status < 500) return new HttpError('BB_HTTP_REQUEST', 'The request cannot be read.');
  return new HttpError('BB_INTERNAL', 'The look-up failed. The output of the server has the cause.');
}

function statusOf(thrown: unknown): number {
  const status = (thrown as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

/** Answers what no route takes: 405 where another method is right, 404 elsewhere. */
export function answerUnrouted(app: FastifyInstance, options: ServeOptions): void {
  const routes: { readonly pattern: RegExp; readonly method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return;
    const pattern = new RegExp(
      `^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`,
    );
    for (const name of [method].flat()) routes.push({ pattern, method: name });
  });
  const before = options.rateLimit > 0 ? { preHandler: app.rateLimit() } : {};
  app.setNotFoundHandler(before, (request, reply) => {
    const path = request.url.replace(/[?#].*$/s, '');
    const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (methods.length === 0 || methods.includes(request.method)) {
      throw new HttpError(
        'BB_HTTP_NOT_FOUND',
        `There is nothing at ${shown(path)}; /docs lists what there is.`,
      );
    }
    const allowed = [...new Set(methods)].sort().join(', ');
    void reply.header('allow', allowed);
    throw new HttpError('BB_HTTP_METHOD', `${path} takes ${allowed}, not ${request.method}.`);
  });
}
