import type { RequestOptions } from './world.ts';

/** Whole numbers below 2^32. */
type Words = () => number;

/** A request that is wrong, though HTTP. */
export interface Malformed {
  readonly path: string;
  readonly options: RequestOptions;
  /** What is wrong with it. */
  readonly kind: string;
}

/** Hashes that the server under test takes in one request. */
export const MAX_HASHES = 100;

const pick = <T>(next: Words, values: readonly T[]): T => values[next() % values.length]!;

function post(body: string | Uint8Array, type = 'application/json'): RequestOptions {
  return { method: 'POST', headers: type === 'none' ? {} : { 'content-type': type }, body };
}

function randomBytes(next: Words, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => next() & 0xff);
}

function noHash(next: Words): string {
  const number = String(next());
  return pick(next, [
    '',
    ' ',
    '-',
    `${number}.0`,
    `${number}e3`,
    `0x${number}`,
    `${number}x`,
    ` ${number}`,
    `${number} `,
    '18446744073709551616',
    `+${number}`,
    '-9223372036854775809',
    number.repeat(4).padEnd(25, '0'),
    number.repeat(500),
    'NaN',
    'null',
    '__proto__',
    '\u0661\u0662',
    '\u0000',
    '\ud800',
    '1_000',
    '--1',
  ]);
}

const wrongItem = (next: Words): unknown =>
  pick(next, [next(), -next(), 0.5, 1e300, null, true, [], ['5'], {}, { hash: '5' }, noHash(next)]);

const wrongValue = (next: Words): unknown =>
  pick(next, [null, 5, 'hashes', '5', true, { 0: '5', length: 1 }, { hashes: ['5'] }, noHash(next)]);

function truncated(next: Words): Uint8Array {
  const body = Buffer.from(JSON.stringify({ hashes: Array.from({ length: 50 }, () => String(next())) }));
  return body.subarray(0, 1 + (next() % (body.length - 1)));
}

const KINDS: Readonly<Record<string, (next: Words) => Omit<Malformed, 'kind'>>> = {
  'bytes as JSON': (next) => ({ path: '/scores', options: post(randomBytes(next, 1 + (next() % 300))) }),
  'JSON cut short': (next) => ({ path: '/scores', options: post(truncated(next)) }),
  'JSON with more behind it': (next) => ({
    path: '/scores',
    options: post(`{"hashes":["5"]}${pick(next, ['}', ']', ',', '{"hashes":[]}', 'x', '\u0000', '"'])}`),
  }),
  'no list of hashes': (next) => ({
    path: '/scores',
    options: post(JSON.stringify({ hashes: wrongValue(next) })),
  }),
  'no object': (next) => ({
    path: '/scores',
    options: post(JSON.stringify(pick(next, [null, 5, 'x', [], ['5'], [{ hashes: [] }]]))),
  }),
  'a wrong hash among good ones': (next) => {
    const hashes: unknown[] = Array.from({ length: 1 + (next() % 20) }, () => String(next()));
    hashes[next() % hashes.length] = wrongItem(next);
    return { path: '/scores', options: post(JSON.stringify({ hashes })) };
  },
  'other keys': (next) => ({
    path: '/scores',
    options: post(
      pick(next, [
        '{}',
        '{"__proto__":{"hashes":["5"]}}',
        '{"constructor":{"prototype":{"hashes":["5"]}}}',
        '{"hashes":["5"],"__proto__":{}}',
        '{"Hashes":["5"]}',
        '{"hashes":["5"],"columns":["aesthetic"]}',
      ]),
    ),
  }),
  'deep JSON': (next) => {
    const depth = 500 + (next() % 1500);
    return {
      path: '/scores',
      options: post(pick(next, ['[', '{"hashes":', '[{"a":']).repeat(depth).slice(0, 4000)),
    };
  },
  'too many hashes': (next) => ({
    path: '/scores',
    options: post(JSON.stringify({ hashes: Array(MAX_HASHES + 1 + (next() % 50)).fill('5') })),
  }),
  'a huge body': (next) => ({
    path: '/scores',
    options: post(
      Buffer.alloc(2 ** (12 + (next() % 8)) + 1024, '5'),
      pick(next, ['application/json', 'application/octet-stream']),
    ),
  }),
  'int64 cut short': (next) => ({
    path: '/scores',
    options: post(randomBytes(next, 8 * (next() % 50) + 1 + (next() % 7)), 'application/octet-stream'),
  }),
  'a body of another type': (next) => ({
    path: '/scores',
    options: post(
      '{"hashes":["5"]}',
      pick(next, ['text/plain', 'application/xml', 'json', '', ';', 'application/json5', '*/*', 'none']),
    ),
  }),
  'an encoded body': (next) => ({
    path: '/scores',
    options: {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': pick(next, ['gzip', 'br', 'deflate', 'identity, gzip', 'x']),
      },
      body: '{"hashes":["5"]}',
    },
  }),
  'an answer of another type': (next) => ({
    path: '/scores',
    options: {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: pick(next, ['text/html', 'image/*', 'application/json;q=0', 'x', ',']),
      },
      body: '{"hashes":["5"]}',
    },
  }),
  'no hash in the path': (next) => ({
    path: `/score/${encodeURIComponent(Buffer.from(noHash(next)).toString()).replaceAll('.', '%2E') || 'x'}`,
    options: {},
  }),
  'a broken path': (next) => ({
    path: pick(next, [
      '/score/%',
      '/score/%zz',
      '/score/%FF',
      '/score/5/6',
      '/score/',
      '//score/5',
      '/score/../etc',
    ]),
    options: {},
  }),
  'a broken query': (next) => ({
    path: `/score?${pick(next, ['url', 'url=%', 'url=a&url=b', 'text=a', 'url=%C3', '=a', '&&', `url=a&${next()}`, 'url[]=a'])}`,
    options: {},
  }),
  'another method': (next) => ({
    path: pick(next, ['/scores', '/score/5', '/score?url=a', '/healthz', '/metrics']),
    options: { method: pick(next, ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY' as 'PUT']) },
  }),
  'another path': (next) => ({
    path: pick(next, [
      '/',
      '/scores/',
      '/admin',
      '/docs/../../package.json',
      '/docs/static/..%2f..%2fpackage.json',
      `/${next()}`,
    ]),
    options: {},
  }),
};

/** The n-th wrong request: all kinds in turn. */
export function malformed(next: Words, n: number): Malformed {
  const kinds = Object.entries(KINDS);
  const [kind, make] = kinds[n % kinds.length]!;
  return { kind, ...make(next) };
}

const HEAD = 'POST /scores HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const BODY = '{"hashes":["5"]}';

const RAW_KINDS: readonly ((next: Words) => string | Uint8Array)[] = [
  (next) => randomBytes(next, 1 + (next() % 2000)),
  (next) => `${HEAD}Content-Length: 100\r\n\r\n${BODY.slice(0, next() % 16)}`,
  (next) => HEAD.slice(0, 1 + (next() % (HEAD.length - 1))),
  (next) =>
    `${HEAD}Content-Length: ${pick(next, ['-1', '1e3', '0x10', '16, 17', '', '99999999999999999999'])}\r\n\r\n${BODY}`,
  () => `${HEAD}Content-Length: 16\r\nContent-Length: 17\r\n\r\n${BODY}`,
  () => `${HEAD}Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n${BODY}\r\n0\r\n\r\n`,
  (next) =>
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${pick(next, ['zz', '-1', 'FFFFFFFFFFFFFFFFF', '10\n'])}\r\n${BODY}`,
  () => `${HEAD}Transfer-Encoding: chunked\r\n\r\n10;${'x'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`,
  () => `${HEAD}Transfer-Encoding: gzip\r\n\r\n${BODY}`,
  (next) => `GET /score/5 HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000 + (next() % 1000))}\r\n\r\n`,
  (next) => `GET /score?url=${'a'.repeat(17_000 + (next() % 50_000))} HTTP/1.1\r\nHost: a\r\n\r\n`,
  () => 'GET /score/5 HTTP/1.1\r\n\r\n',
  (next) => `${pick(next, ['BREW', 'get', 'G\u0000T', ''])} /score/5 HTTP/1.1\r\nHost: a\r\n\r\n`,
  (next) => `GET /score/5 ${pick(next, ['HTTP/9.9', 'HTTQ/1.1', 'HTTP/1.2', 'x'])}\r\nHost: a\r\n\r\n`,
  () => 'GET /score/5 HTTP/1.1\r\nHost: a\r\nX\u0000Y: 1\r\n\r\n',
  () => 'GET /score/5 HTTP/1.1\r\nHost : a\r\n\r\n',
  () => `${HEAD}Content-Length: 16\r\nExpect: miracles\r\n\r\n`,
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  () => 'CONNECT example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n',
  () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
];

/** Bytes that are no whole and valid HTTP request: all kinds in turn. */
export function rawGarbage(next: Words, n: number): Uint8Array {
  const bytes = RAW_KINDS[n % RAW_KINDS.length]!(next);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
}
