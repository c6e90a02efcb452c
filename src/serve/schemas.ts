import { byTag, TAGS } from '../samples/tags.ts';
import { HTTP_STATUS, type HttpErrorCode } from './http-error.ts';
import { JSON_TYPE, OCTET_TYPE } from './media-types.ts';

/*
 * What the OpenAPI document says of requests and answers. Nothing is validated by these at run time: the hand-written
 * readers say better what is wrong, and are faster.
 */

const HASH = { type: 'string', pattern: '^-?[0-9]{1,20}$', examples: ['-6123456789012345678'] };
const SCORE = { type: ['number', 'null'] };
const COLUMNS = byTag(() => SCORE);

const ERROR = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      additionalProperties: false,
      properties: { code: { type: 'string', enum: Object.keys(HTTP_STATUS) }, message: { type: 'string' } },
    },
  },
};

const ONE_SCORE = {
  type: 'object',
  required: ['hash', 'found'],
  additionalProperties: false,
  properties: { hash: { type: 'string' }, found: { type: 'boolean' }, ...COLUMNS },
};

const MANY_SCORES = {
  type: 'object',
  required: ['columns', 'scores'],
  additionalProperties: false,
  properties: {
    columns: { type: 'array', items: { type: 'string', enum: TAGS } },
    scores: {
      type: 'array',
      description:
        'For each hash its scores in the order of columns; null where the store does not have the hash',
      items: { type: ['array', 'null'], items: SCORE },
    },
  },
};

const VERSION_HEADER = {
  'Bowerbird-Store-Version': { type: 'string', description: 'The build that answered: v0001' },
};

function answer(description: string, schema: object, headers: object = VERSION_HEADER): object {
  return { description, headers, content: { [JSON_TYPE]: { schema } } };
}

/** The errors of a route, by status; codes with the same status share an entry. */
function errors(...codes: readonly HttpErrorCode[]): Record<number, object> {
  const names: Record<number, string> = {};
  for (const code of codes) {
    const status = HTTP_STATUS[code];
    names[status] = names[status] === undefined ? code : `${names[status]}, ${code}`;
  }
  return Object.fromEntries(Object.entries(names).map(([status, list]) => [status, answer(list, ERROR, {})]));
}

const COMMON_ERRORS = [
  'BB_HTTP_UNAUTHORIZED',
  'BB_HTTP_RATE_LIMIT',
  'BB_STORE_CORRUPT',
  'BB_HTTP_OVERLOADED',
] as const;
const FOUND = answer('The store has the hash. A score may still be null: the row had none.', ONE_SCORE);
const MISSED = answer('The store does not have the hash: found is false, every score null.', ONE_SCORE);

/** The groups in which the routes are described, in their order. */
export const GROUPS = {
  scores: { name: 'scores', description: 'Look-ups' },
  server: { name: 'server', description: 'How the server is' },
} as const;

/** `GET /score/{hash}` */
export const SCORE_OF_HASH = {
  tags: [GROUPS.scores.name],
  summary: 'The scores of a hash',
  params: { type: 'object', required: ['hash'], properties: { hash: HASH } },
  response: { 200: FOUND, ...errors('BB_HASH_INVALID', ...COMMON_ERRORS), 404: MISSED },
};

/** `GET /score` */
export const SCORE_OF_SAMPLE = {
  tags: [GROUPS.scores.name],
  summary: 'The scores of the sample with this URL and caption',
  querystring: {
    type: 'object',
    required: ['url'],
    properties: { url: { type: 'string', minLength: 1 }, text: { type: 'string', default: '' } },
  },
  response: { 200: FOUND, ...errors('BB_HTTP_QUERY', ...COMMON_ERRORS), 404: MISSED },
};

const HASHES_AS_BYTES = {
  schema: { type: 'string', format: 'binary', description: 'n int64 hashes, little-endian' },
};

const SCORES_AS_BYTES = {
  schema: {
    type: 'string',
    format: 'binary',
    description:
      'For each column n float32, little-endian (NaN: no score); then n bytes, 1 where the store has the hash',
  },
};

const COLUMNS_HEADER = {
  'Bowerbird-Columns': {
    type: 'string',
    description: 'The columns of an octet-stream: aesthetic,punsafe',
  },
};

const SCORES_ANSWER = {
  description: 'Scores, hits and misses alike',
  headers: { ...VERSION_HEADER, ...COLUMNS_HEADER },
  content: { [JSON_TYPE]: { schema: MANY_SCORES }, [OCTET_TYPE]: SCORES_AS_BYTES },
};

const HASHES_ERRORS = errors(
  'BB_HTTP_REQUEST',
  'BB_HTTP_BODY',
  'BB_HASH_INVALID',
  'BB_HTTP_NOT_ACCEPTABLE',
  'BB_HTTP_TIMEOUT',
  'BB_HTTP_TOO_LARGE',
  'BB_HTTP_MEDIA_TYPE',
  ...COMMON_ERRORS,
);

function hashesAsJson(maxHashes: number): object {
  return {
    type: 'object',
    required: ['hashes'],
    additionalProperties: false,
    properties: { hashes: { type: 'array', maxItems: maxHashes, items: HASH } },
  };
}

/** `POST /scores` */
export function scoresOfHashes(maxHashes: number): object {
  return {
    tags: [GROUPS.scores.name],
    summary: 'The scores of many hashes, in their order',
    description: `At most ${maxHashes} hashes. Accept chooses the type of the answer; without it, it is that of the body.`,
    body: {
      content: { [JSON_TYPE]: { schema: hashesAsJson(maxHashes) }, [OCTET_TYPE]: HASHES_AS_BYTES },
    },
    response: { 200: SCORES_ANSWER, ...HASHES_ERRORS },
  };
}

const READY = {
  type: 'object',
  required: ['ready'],
  additionalProperties: false,
  properties: { ready: { type: 'boolean' }, reason: { type: 'string' } },
};

/** `GET /healthz` */
export const HEALTHZ = {
  tags: [GROUPS.server.name],
  summary: 'Whether the process answers',
  security: [],
  response: {
    200: answer('It does', { type: 'object', properties: { ok: { const: true } }, required: ['ok'] }, {}),
  },
};

/** `GET /readyz` */
export const READYZ = {
  tags: [GROUPS.server.name],
  summary: 'Whether requests should come here',
  security: [],
  response: {
    200: answer('Yes', READY, {}),
    503: answer('No: the server was told to stop, or its store cannot be read', READY, {}),
  },
};

/** `GET /metrics` */
export const METRICS = {
  tags: [GROUPS.server.name],
  summary: 'Counters for Prometheus',
  response: {
    200: { description: 'Text format', content: { 'text/plain': { schema: { type: 'string' } } } },
    ...errors('BB_HTTP_UNAUTHORIZED', 'BB_HTTP_RATE_LIMIT'),
  },
};

/** `GET /openapi.json` */
export const OPENAPI = {
  tags: [GROUPS.server.name],
  summary: 'This description',
  security: [],
  response: { 200: answer('OpenAPI 3.1', { type: 'object' }, {}), ...errors('BB_HTTP_RATE_LIMIT') },
};
