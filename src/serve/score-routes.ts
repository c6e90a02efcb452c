import { basename } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseHashText } from '../samples/hash-text.ts';
import type { Scores } from '../store/reader.ts';
import { manyScoresBytes, manyScoresText, oneScoreText } from './answers.ts';
import { bodyLimits, hashesOfJson, hashesOfOctets, invalidHash } from './hash-list.ts';
import { HttpError } from './http-error.ts';
import { answerType, JSON_TYPE, OCTET_TYPE } from './media-types.ts';
import type { Metrics } from './metrics.ts';
import type { ScoreStore, ServeOptions } from './options.ts';
import { hashOfQuery } from './sample-query.ts';
import { SCORE_OF_HASH, SCORE_OF_SAMPLE, scoresOfHashes } from './schemas.ts';

export const JSON_ANSWER = `${JSON_TYPE}; charset=utf-8`;

/** A body that was read: its hashes and in what form they came. */
interface HashBody {
  readonly hashes: BigInt64Array;
  readonly type: typeof JSON_TYPE | typeof OCTET_TYPE;
}

/** The look-ups: `GET /score/{hash}`, `GET /score` and `POST /scores`. */
export function addScoreRoutes(
  scope: FastifyInstance,
  store: ScoreStore,
  metrics: Metrics,
  { maxHashes }: ServeOptions,
): void {
  const answerOne = (reply: FastifyReply, hash: bigint): FastifyReply => {
    const scores: Scores | undefined = store.get(hash);
    metrics.countLookups(scores ? 1 : 0, scores ? 0 : 1);
    return fromVersion(reply, store)
      .code(scores ? 200 : 404)
      .header('content-type', JSON_ANSWER)
      .send(oneScoreText(hash, store.meta.columns, scores));
  };
  scope.get('/score/:hash', { schema: SCORE_OF_HASH }, (request, reply) => {
    const text = (request.params as { hash: string }).hash;
    const hash = parseHashText(text);
    if (hash === undefined) throw invalidHash('The hash', text);
    return answerOne(reply, hash);
  });
  scope.get('/score', { schema: SCORE_OF_SAMPLE }, (request, reply) =>
    answerOne(reply, hashOfQuery((request.query as { text: string }).text)),
  );
  readHashBodies(scope, maxHashes);
  scope.post(
    '/scores',
    { schema: scoresOfHashes(maxHashes), onRequest: refuseEncodedBody },
    (request, reply) => {
      const body = request.body as HashBody | undefined;
      if (!body) throw new HttpError('BB_HTTP_BODY', 'The request has no body. Send hashes.');
      const type = answerType(request.headers.accept, body.type);
      const scores = store.getMany(body.hashes);
      const hits = scores.found.reduce((sum, found) => sum + found, 0);
      metrics.countLookups(hits, scores.found.length - hits);
      // Of the build that answered: nothing was awaited since.
      const { columns } = store.meta;
      void fromVersion(reply, store).header('bowerbird-columns', columns.join());
      return type === OCTET_TYPE
        ? reply.header('content-type', OCTET_TYPE).send(manyScoresBytes(scores))
        : reply.header('content-type', JSON_ANSWER).send(manyScoresText(columns, scores));
    },
  );
}

function fromVersion(reply: FastifyReply, store: ScoreStore): FastifyReply {
  return reply.header('bowerbird-store-version', basename(store.versionPath));
}

/** Bodies of hashes become arrays of int64 as soon as they are read. */
function readHashBodies(scope: FastifyInstance, maxHashes: number): void {
  const { jsonBytes, octetBytes } = bodyLimits(maxHashes);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    JSON_TYPE,
    { parseAs: 'buffer', bodyLimit: jsonBytes },
    async (_: FastifyRequest, bytes: Buffer): Promise<HashBody> => ({
      hashes: hashesOfJson(bytes, maxHashes),
      type: JSON_TYPE,
    }),
  );
  scope.addContentTypeParser(
    OCTET_TYPE,
    { parseAs: 'buffer', bodyLimit: octetBytes },
    async (_: FastifyRequest, bytes: Buffer): Promise<HashBody> => ({
      hashes: hashesOfOctets(bytes),
      type: OCTET_TYPE,
    }),
  );
}

async function refuseEncodedBody({ headers }: FastifyRequest): Promise<void> {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new HttpError('BB_HTTP_MEDIA_TYPE', 'Bodies are taken without Content-Encoding only.');
}
