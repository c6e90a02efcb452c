import { CHUNKS, type FaultKind, head, IMAGE, image, LENGTH, repeats, says, saysAndResets } from './kind.ts';

const OK = 'HTTP/1.1 200 OK';
const CHUNKED = 'Transfer-Encoding: chunked';
const IMAGE_TEXT = IMAGE.toString('latin1');
const SIZE = IMAGE.length.toString(16);

/** What undici takes as it is. */
const TAKEN: readonly (readonly [string, string])[] = [
  ['sends the image in a chunk', head(OK, CHUNKED) + CHUNKS],
  ['writes Chunked large', head(OK, 'Transfer-Encoding: Chunked') + CHUNKS],
  ['sends a byte a chunk', `${head(OK, CHUNKED) + bytesAsChunks()}0\r\n\r\n`],
  ['has extensions in its chunks', `${head(OK, CHUNKED)}${SIZE};a=b;c="d"\r\n${IMAGE_TEXT}\r\n0;e\r\n\r\n`],
  ['has zeros before the size of a chunk', `${head(OK, CHUNKED)}000${SIZE}\r\n${IMAGE_TEXT}\r\n000\r\n\r\n`],
  ['has headers after its chunks', head(OK, CHUNKED) + CHUNKS.replace(/\r\n$/, 'X-A: b\r\nX-C: d\r\n\r\n')],
  ['sends chunks in HTTP/1.0', head('HTTP/1.0 200 OK', CHUNKED) + CHUNKS],
  ['sends until it closes', image(OK)],
  ['sends until it closes, and says so', image(OK, 'Connection: close')],
  ['sends until it closes in HTTP/1.0', image('HTTP/1.0 200 OK', 'Content-Type: image/jpeg')],
  ['has blanks around the length', image(OK, `Content-Length:    ${IMAGE.length}  `)],
  ['has zeros before the length', image(OK, `Content-Length: 000${IMAGE.length}`)],
  ['sends more than it announced', `${image(OK, LENGTH)}and more`],
  [
    'calls the coding of its transfer identity in HTTP/1.0',
    image('HTTP/1.0 200 OK', 'Transfer-Encoding: identity'),
  ],
  ['calls the coding of its transfer identity', image(OK, 'Transfer-Encoding: identity')],
];

/** What undici refuses, and browsers, curl or urllib take; asked for twice. */
const MENDED: readonly (readonly [string, string])[] = [
  ['announces the same length twice', image(OK, LENGTH, LENGTH)],
  ['announces the same length twice in one line', image(OK, `${LENGTH}, ${IMAGE.length}`)],
  ['announces a length with a plus', image(OK, `Content-Length: +${IMAGE.length}`)],
  ['announces a length and leaves it out', image(OK, 'Content-Length:')],
  ['sends chunks, and announces another length after them', head(OK, CHUNKED, 'Content-Length: 99') + CHUNKS],
  ['announces another length, and sends chunks', head(OK, 'Content-Length: 99', CHUNKED) + CHUNKS],
  ['calls the coding identity beside a length', image(OK, 'Transfer-Encoding: identity', LENGTH)],
];

/** The head is right or can be mended; the body is neither. */
const BROKEN: readonly (readonly [string, string, number])[] = [
  ['announces two lengths', image(OK, LENGTH, 'Content-Length: 5'), 2],
  ['announces less than nothing', image(OK, 'Content-Length: -1'), 2],
  ['announces a word for a length', image(OK, 'Content-Length: many'), 2],
  ['announces a length in hexadecimal', image(OK, 'Content-Length: 0x10'), 2],
  ['announces a length with a point', image(OK, 'Content-Length: 16.0'), 2],
  ['announces a length that no machine can count', image(OK, `Content-Length: ${'9'.repeat(30)}`), 2],
  ['announces the size of a chunk in letters', `${head(OK, CHUNKED)}zz\r\n${IMAGE_TEXT}\r\n0\r\n\r\n`, 1],
  [
    'announces a chunk that no machine can count',
    `${head(OK, CHUNKED)}${'f'.repeat(20)}\r\n${IMAGE_TEXT}`,
    1,
  ],
  ['announces a chunk of less than nothing', `${head(OK, CHUNKED)}-5\r\n${IMAGE_TEXT}\r\n0\r\n\r\n`, 1],
  ['sends more than the size of a chunk', `${head(OK, CHUNKED)}5\r\n${IMAGE_TEXT}\r\n0\r\n\r\n`, 1],
  ['ends the lines of chunks with LF alone', head(OK, CHUNKED) + CHUNKS.replaceAll('\r\n', '\n'), 1],
];

const CUT: readonly (readonly [string, string])[] = [
  ['closes before the announced length', image(OK, 'Content-Length: 1000')],
  ['closes after the head', head(OK, 'Content-Length: 1000')],
  ['closes within the size of a chunk', `${head(OK, CHUNKED)}1`],
  ['closes within a chunk', `${head(OK, CHUNKED)}ff\r\n${IMAGE_TEXT}`],
  ['closes between chunks', `${head(OK, CHUNKED)}${SIZE}\r\n${IMAGE_TEXT}\r\n`],
  ['closes within the end of chunks', `${head(OK, CHUNKED)}${SIZE}\r\n${IMAGE_TEXT}\r\n0\r\n`],
  ['closes within the headers after its chunks', `${head(OK, CHUNKED)}${SIZE}\r\n${IMAGE_TEXT}\r\n0\r\nX-A`],
];

const EMPTY: readonly (readonly [string, string])[] = [
  ['announces nothing and sends nothing', head(OK, 'Content-Length: 0')],
  ['sends no chunk but the last', `${head(OK, CHUNKED)}0\r\n\r\n`],
  ['closes after a head without a length', head(OK)],
];

const LARGE = { options: { maxBytes: 100_000 } } as const;

/** Lengths, chunks and ends of bodies. */
export const FRAMING_FAULTS: readonly FaultKind[] = [
  ...TAKEN.map(([name, text]): FaultKind => ({ name, ends: 'image', answer: says(text) })),
  ...MENDED.map(([name, text]): FaultKind => ({ name, ends: 'image', answer: says(text), requests: 2 })),
  ...BROKEN.map(
    ([name, text, requests]): FaultKind => ({ name, ends: 'response_invalid', answer: says(text), requests }),
  ),
  ...CUT.map(([name, text]): FaultKind => ({ name, ends: 'response_cut', answer: says(text) })),
  ...EMPTY.map(([name, text]): FaultKind => ({ name, ends: 'response_empty', answer: says(text) })),
  {
    name: 'announces the same length twice and closes before it',
    ends: 'response_cut',
    answer: says(image(OK, 'Content-Length: 1000', 'Content-Length: 1000')),
    requests: 2,
  },
  {
    name: 'resets within the announced length',
    ends: 'response_cut',
    answer: saysAndResets(image(OK, 'Content-Length: 1000')),
  },
  {
    name: 'resets within a chunk',
    ends: 'response_cut',
    answer: saysAndResets(head(OK, CHUNKED), 'ff\r\nbegun'),
  },
  {
    name: 'announces a terabyte',
    ends: 'response_too_large',
    answer: says(head(OK, 'Content-Length: 1000000000000')),
  },
  {
    name: 'announces a byte more than the limit',
    ends: 'response_too_large',
    answer: says(head(OK, 'Content-Length: 100001')),
    ...LARGE,
  },
  {
    name: 'sends just as much as the limit',
    ends: 'image',
    answer: says(head(OK, 'Content-Length: 100000'), 'x'.repeat(100_000)),
    bytes: Buffer.alloc(100_000, 'x'),
    ...LARGE,
  },
  {
    name: 'sends without an end',
    ends: 'response_too_large',
    answer: repeats('x'.repeat(10_000), head(OK)),
    ...LARGE,
  },
  {
    name: 'sends chunks without an end',
    ends: 'response_too_large',
    answer: repeats(`2710\r\n${'x'.repeat(10_000)}\r\n`, head(OK, CHUNKED)),
    ...LARGE,
  },
  {
    name: 'sends without an end after a broken head',
    ends: 'response_too_large',
    answer: repeats('x'.repeat(10_000), head(OK, 'no colon here')),
    requests: 2,
    ...LARGE,
  },
];

function bytesAsChunks(): string {
  return [...IMAGE_TEXT].map((byte) => `1\r\n${byte}\r\n`).join('');
}
