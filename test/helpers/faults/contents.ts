import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type FaultKind, head, IMAGE, image, LENGTH, repeats, says } from './kind.ts';

const OK = 'HTTP/1.1 200 OK';
const BOMB = Buffer.alloc(30_000_000);
const GZIPPED = gzipSync(IMAGE);

function coded(coding: string, body: Buffer, ...lines: readonly string[]): string {
  return (
    head(OK, `Content-Encoding: ${coding}`, `Content-Length: ${body.length}`, ...lines) +
    body.toString('latin1')
  );
}

/** Hosts that code though they are asked not to. */
const UNDONE: readonly (readonly [string, string])[] = [
  ['insists on gzip', coded('gzip', GZIPPED)],
  ['insists on x-gzip', coded('x-gzip', GZIPPED)],
  ['writes GZIP large', coded(' GZIP ', GZIPPED)],
  ['insists on deflate', coded('deflate', deflateSync(IMAGE))],
  ['insists on deflate without its header', coded('deflate', deflateRawSync(IMAGE))],
  ['insists on brotli', coded('br', brotliCompressSync(IMAGE))],
  ['gzips until it closes', head(OK, 'Content-Encoding: gzip') + GZIPPED.toString('latin1')],
  [
    'gzips in two members',
    coded('gzip', Buffer.concat([gzipSync(IMAGE.subarray(0, 5)), gzipSync(IMAGE.subarray(5))])),
  ],
  ['says identity after gzip', coded('gzip, identity', GZIPPED)],
  ['says identity before gzip', coded('identity,gzip', GZIPPED)],
  ['says gzip twice in one line', coded('gzip, GZIP', GZIPPED)],
  ['quotes gzip', coded('"gzip"', GZIPPED)],
  ['says gzip and nothing after a comma', coded('gzip,', GZIPPED)],
  ['stacks two codings, and has neither', coded('gzip, br', IMAGE)],
  ['says gzip and does not mean it', coded('gzip', IMAGE)],
  ['says identity', coded('identity', IMAGE)],
  ['invents a coding', coded('binary', IMAGE)],
  ['says no coding', coded('', IMAGE)],
];

const BROKEN: readonly (readonly [string, string])[] = [
  ['sends gzip that is damaged', coded('gzip', damaged(GZIPPED))],
  ['sends gzip whose end is missing', coded('gzip', GZIPPED.subarray(0, GZIPPED.length - 9))],
  ['sends deflate that is none', coded('deflate', Buffer.from('\xff\xd8 image', 'latin1'))],
  ['sends brotli that is none', coded('br', Buffer.from('\xff\xd8 image', 'latin1'))],
];

/** Of 30 MB of zeros; asked for with a limit of 1 MB, which the coded bytes keep. */
const BOMBS: readonly (readonly [string, string])[] = [
  ['sends a bomb of gzip', coded('gzip', gzipSync(BOMB))],
  ['sends a bomb of deflate', coded('deflate', deflateSync(BOMB))],
  ['sends a bomb of brotli', coded('br', brotliCompressSync(BOMB))],
];

const RANGES: readonly (readonly [string, FaultKind['ends'], string])[] = [
  ['sends the whole as a range', 'image', `bytes 0-${IMAGE.length - 1}/${IMAGE.length}`],
  ['sends a part as a range', 'http_unexpected_status', `bytes 0-${IMAGE.length - 1}/1000`],
  ['sends the end as a range', 'http_unexpected_status', `bytes 5-${IMAGE.length - 1}/${IMAGE.length}`],
  ['sends a range of nobody knows how much', 'http_unexpected_status', `bytes 0-${IMAGE.length - 1}/*`],
  ['sends a whole range of another length', 'http_unexpected_status', 'bytes 0-998/999'],
  ['sends a range in another unit', 'http_unexpected_status', `rows 0-${IMAGE.length - 1}/${IMAGE.length}`],
];

/** [status, reason]; each with a body, which is not an image. */
const STATUSES: readonly (readonly [number, FaultKind['ends']])[] = [
  [201, 'http_unexpected_status'],
  [202, 'http_unexpected_status'],
  [204, 'http_unexpected_status'],
  [206, 'http_unexpected_status'],
  [300, 'http_unexpected_status'],
  [304, 'http_unexpected_status'],
  [305, 'http_unexpected_status'],
  [400, 'http_client_error'],
  [401, 'http_client_error'],
  [403, 'http_forbidden'],
  [404, 'http_not_found'],
  [408, 'http_client_error'],
  [410, 'http_not_found'],
  [418, 'http_client_error'],
  [429, 'http_too_many_requests'],
  [451, 'http_client_error'],
  [500, 'http_server_error'],
  [502, 'http_server_error'],
  [503, 'http_server_error'],
  [520, 'http_server_error'],
  [600, 'http_unexpected_status'],
  [999, 'http_unexpected_status'],
];

const OPT_OUTS: readonly (readonly [string, readonly string[]])[] = [
  ['asks not to be used', ['X-Robots-Tag: noai']],
  ['asks in the second of two headers', ['X-Robots-Tag: all', 'X-Robots-Tag: noimageai']],
  ['asks us by name', ['X-Robots-Tag: bowerbird: noindex']],
];

/** Statuses, codings of the content, and consent. */
export const CONTENT_FAULTS: readonly FaultKind[] = [
  ...UNDONE.map(([name, text]): FaultKind => ({ name, ends: 'image', answer: says(text) })),
  ...BROKEN.map(([name, text]): FaultKind => ({ name, ends: 'response_invalid', answer: says(text) })),
  ...BOMBS.map(
    ([name, text]): FaultKind => ({
      name,
      ends: 'response_too_large',
      answer: says(text),
      options: { maxBytes: 1_000_000 },
    }),
  ),
  {
    name: 'sends blocks of nothing without an end, which it calls deflate',
    ends: 'response_too_large',
    answer: repeats('\0\0\0\xff\xff'.repeat(10_000), head(OK, 'Content-Encoding: deflate')),
    options: { maxBytes: 1_000_000 },
  },
  {
    name: 'gzips once, and says so in two headers',
    ends: 'image',
    answer: says(
      head(OK, ...Array(2).fill('Content-Encoding: gzip'), `Content-Length: ${GZIPPED.length}`),
      GZIPPED.toString('latin1'),
    ),
  },
  { name: 'gzips nothing', ends: 'response_empty', answer: says(coded('gzip', gzipSync(''))) },
  ...RANGES.map(
    ([name, ends, range]): FaultKind => ({
      name,
      ends,
      answer: says(image('HTTP/1.1 206 Partial Content', `Content-Range: ${range}`, LENGTH)),
    }),
  ),
  {
    name: 'answers with status 203',
    ends: 'image',
    answer: says(image('HTTP/1.1 203 Non-Authoritative', LENGTH)),
  },
  ...STATUSES.map(
    ([status, ends]): FaultKind => ({
      name: `answers with status ${status}`,
      ends,
      answer: says(head(`HTTP/1.1 ${status} Host Words`, 'Content-Length: 4'), 'page'),
    }),
  ),
  ...OPT_OUTS.map(
    ([name, lines]): FaultKind => ({ name, ends: 'opted_out', answer: says(image(OK, ...lines, LENGTH)) }),
  ),
  {
    name: 'reserves what can be mined',
    ends: 'opted_out_tdm',
    answer: says(image(OK, 'TDM-Reservation: 1', LENGTH)),
  },
  {
    name: 'asks not to be used, in a head that is broken',
    ends: 'opted_out',
    answer: says(image(OK, 'no colon here', 'X-Robots-Tag : noai', LENGTH)),
    requests: 2,
  },
];

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 12; at < copy.length - 4; at++) copy[at] = copy[at]! ^ 0xff;
  return copy;
}
