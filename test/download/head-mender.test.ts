import test from 'ava';
import { BrokenHeadError, HeadMender, MAX_HEAD_BYTES } from '../../src/download/head-mender.ts';

function mend(text: string, step = text.length): string | undefined {
  const mender = new HeadMender();
  for (let at = 0; at < text.length; at += step) {
    const mended = mender.take(Buffer.from(text.slice(at, at + step), 'latin1'));
    if (mended) return Buffer.concat([mended.bytes, mended.rest]).toString('latin1') + text.slice(at + step);
  }
  return undefined;
}

/** As it comes, and what a strict parser is given instead; RFC 9112 says how a recipient may read each. */
const MENDED: readonly (readonly [string, string, string])[] = [
  ['line ends', 'HTTP/1.1 200 OK\nA: b\n\nbody', 'HTTP/1.1 200 \r\nA: b\r\nConnection: close\r\n\r\nbody'],
  [
    'folds',
    'HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n d\r\n\r\n',
    'HTTP/1.1 200 \r\nA: b c d\r\nConnection: close\r\n\r\n',
  ],
  [
    'framing',
    'HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\nConnection: keep-alive\r\n\r\n\n\n',
    'HTTP/1.1 200 \r\nContent-Length: 5\r\nConnection: close\r\n\r\n\n\n',
  ],
  [
    'chunks beside a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: identity, chunked\r\n\r\n',
    'HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
  ],
  [
    'interim answers',
    'HTTP/1.1 100 Continue\n\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.2 404\nB : c\n\nx',
    'HTTP/1.1 404 \r\nB: c\r\nConnection: close\r\n\r\nx',
  ],
  [
    'bytes of UTF-8',
    'HTTP/1.1 302\nLocation: /\xc3\x89\x85\n\n',
    'HTTP/1.1 302 \r\nLocation: /\xc3\x89\x85\r\nConnection: close\r\n\r\n',
  ],
];

for (const [what, text, expected] of MENDED) {
  test(`a head is mended the same in one piece and byte by byte: ${what}`, (t) => {
    for (const step of [text.length, 7, 1]) t.is(mend(text, step), expected, `${step}`);
  });
}

test('nothing is given before the head is whole', (t) => {
  t.is(mend('HTTP/1.1 200 OK\r\nA: b\r\n'), undefined);
  t.is(mend('HT'), undefined);
});

test('heads are read up to 64 KiB, all interim ones together', (t) => {
  const ofBytes = (bytes: number): string => `HTTP/1.1 200\r\nA: ${'x'.repeat(bytes - 21)}\r\n\r\n`;
  t.is(ofBytes(MAX_HEAD_BYTES).length, MAX_HEAD_BYTES);
  t.truthy(mend(ofBytes(MAX_HEAD_BYTES)));
  t.throws(() => mend(ofBytes(MAX_HEAD_BYTES + 1)), { instanceOf: BrokenHeadError });
  t.throws(() => mend('HTTP/1.1 100 x\r\n\r\n'.repeat(5000)), { instanceOf: BrokenHeadError });
});

test('what is no HTTP is found out at its first bytes, and lengths that differ are not chosen from', (t) => {
  for (const text of ['S', 'HTTQ', '{', 'HTTP/1.1 200\nContent-Length: 5\nContent-Length: 6\n\n']) {
    t.throws(() => mend(text), { instanceOf: BrokenHeadError }, text);
  }
});
