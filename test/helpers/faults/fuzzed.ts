import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { randomNumbers } from '../random-numbers.ts';
import { IMAGE } from './kind.ts';

/** An answer by chance. */
export interface FuzzedAnswer {
  readonly bytes: Buffer;
  /** What follows it. */
  readonly ends: 'close' | 'reset' | 'wait';
  /** Whether it is by the book, so that it must bring the image. */
  readonly isSound: boolean;
}

const STATUS_LINES = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200',
  'HTTP/1.0 200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/1.1 206 Partial Content',
  'HTTP/1.1 302 Found',
  'HTTP/1.1 404 Not Found',
  'HTTP/1.1 100 Continue',
  'HTTP/1.1 103 Early Hints',
  'HTTP/1.1 101 Switching',
  'HTTP/1.1 099 x',
  'HTTP/1.1 999 x',
  'ICY 200 OK',
  '',
];
const HEADERS = [
  'Content-Type: image/jpeg',
  'Connection: close',
  'Connection: keep-alive',
  'Keep-Alive: timeout=0',
  'X-Robots-Tag: noai',
  'Set-Cookie: a=b; Path=/',
  'Location: ?again',
  'Location: http://[',
  'Content-Range: bytes 0-26/27',
  'Upgrade: h2c',
  'Trailer: X-A',
  'Content-Length: 5',
  'Content-Length: -1',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'no colon',
  ' folded',
  ': empty',
  'X-A: \0\x7f\xff',
  '',
];
const LINE_ENDS = ['\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', ''];

/** The answer to row `row`, the same each time. */
export function fuzzedAnswer(seed: number, row: number): FuzzedAnswer {
  const random = randomNumbers(seed * 1_000_003 + row * 7919);
  // The first numbers of neighbouring seeds are alike.
  for (let i = 0; i < 8; i++) random();
  const below = (n: number): number => Math.floor(random() * n);
  const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const way = below(4);
  if (way === 0) return { bytes: soundAnswer(below), ends: 'close', isSound: true };
  const answer = way === 1 ? soundAnswer(below) : oddAnswer(one, below);
  return { bytes: damaged(answer, below), ends: one(['close', 'close', 'reset', 'wait']), isSound: false };
}

function soundAnswer(below: (n: number) => number): Buffer {
  const [coding, body] = [
    ['', IMAGE],
    ['Content-Encoding: gzip\r\n', gzipSync(IMAGE)],
    ['Content-Encoding: deflate\r\n', deflateSync(IMAGE)],
    ['Content-Encoding: br\r\n', brotliCompressSync(IMAGE)],
  ][below(4)] as [string, Buffer];
  const head = `HTTP/1.1 200 OK\r\n${coding}`;
  if (below(2) === 0)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
  return Buffer.concat([
    Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
}

function oddAnswer(one: <T>(of: readonly T[]) => T, below: (n: number) => number): Buffer {
  const lines = [one(STATUS_LINES), ...Array.from({ length: below(8) }, () => one(HEADERS))];
  const head = lines.map((line) => line + one(LINE_ENDS)).join('') + one(LINE_ENDS);
  const body = Buffer.alloc(below(200), one(['x', '5\r\nimage\r\n', '0\r\n\r\n', '\n\n']));
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Bytes changed, cut out, put in or sent twice; now and then none. */
function damaged(bytes: Buffer, below: (n: number) => number): Buffer {
  let damagedBytes = Buffer.from(bytes);
  for (let times = below(4); times > 0; times--) {
    const at = below(damagedBytes.length + 1);
    const [before, after] = [damagedBytes.subarray(0, at), damagedBytes.subarray(at)];
    const change = [
      [before, Buffer.from([below(256)]), after.subarray(1)],
      [before, after.subarray(below(20))],
      [before, Buffer.alloc(below(20), below(256)), after],
      [before, before, after],
      [before],
    ][below(5)]!;
    damagedBytes = Buffer.concat(change);
  }
  return damagedBytes;
}
