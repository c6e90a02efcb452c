import { StringDecoder } from 'node:string_decoder';
import { TableError } from '../errors.ts';
import type { TextEncoding } from '../formats.ts';

/** Enough to see marks, zero bytes and the first words. */
export const HEAD_BYTES = 4096;
/** UTF-16 of Western text is half zero bytes; no UTF-8 text has a tenth. */
const UTF16_ZERO_SHARE = 0.1;

const MARKS = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: 'utf-32' },
  { bytes: [0, 0, 0xfe, 0xff], encoding: 'utf-32' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
] as const;

const REPLACEMENT = '\ufffd';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/** windows-1252 from 0x80 to 0x9f; the rest is Latin-1. Node's own decoder has got these wrong in some versions. */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/**
 * The text of a stream of bytes. A byte order mark that opens it says its encoding, whatever `encoding` says, and goes;
 * any other stays where it is. Bytes and surrogates that stand for no character become U+FFFD.
 *
 * @param onReplaced told, for a file in UTF-8, how many times U+FFFD was put in the place of such bytes
 * @throws TableError BB_INPUT_FORMAT for UTF-32, and for what looks like UTF-16 and says so nowhere
 */
export async function* decodeText(
  path: string,
  bytes: AsyncIterable<Buffer>,
  encoding: TextEncoding | undefined,
  onReplaced?: (count: number) => void,
): AsyncGenerator<string> {
  let decode: ((chunk?: Buffer) => string) | undefined;
  let head = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (decode) {
      yield decode(chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < HEAD_BYTES) continue;
    decode = decoderFor(path, head, encoding) ?? utf8Decoder(onReplaced);
    yield decode(head.subarray(markOf(head)?.bytes.length ?? 0));
  }
  if (!decode) {
    decode = decoderFor(path, head, encoding) ?? utf8Decoder(onReplaced);
    yield decode(head.subarray(markOf(head)?.bytes.length ?? 0));
  }
  yield decode();
}

function markOf(head: Buffer): (typeof MARKS)[number] | undefined {
  return MARKS.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte));
}

/** Undefined for UTF-8. */
function decoderFor(
  path: string,
  head: Buffer,
  given: TextEncoding | undefined,
): ((chunk?: Buffer) => string) | undefined {
  const mark = markOf(head);
  if (mark?.encoding === 'utf-32') throw wrongEncoding(path, 'is UTF-32. Write it anew as UTF-8.');
  const encoding = mark?.encoding ?? given;
  if (!encoding) refuseUtf16(path, head);
  if (encoding === 'latin1' || encoding === 'windows-1252')
    return (chunk) => (chunk ? fromWindows1252(chunk) : '');
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true });
    return (chunk) => (chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode());
  }
  return undefined;
}

function utf8Decoder(onReplaced?: (count: number) => void): (chunk?: Buffer) => string {
  const decoder = new StringDecoder('utf8');
  let before: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const text = chunk ? decoder.write(chunk) : decoder.end();
    // A U+FFFD that stands in the file may be cut by the end of a chunk.
    const bytes = chunk ? Buffer.concat([before, chunk]) : Buffer.alloc(0);
    before = bytes.subarray(Math.max(0, bytes.length - REPLACEMENT_BYTES.length + 1));
    const replaced = occurrences(text, REPLACEMENT) - occurrences(bytes, REPLACEMENT_BYTES);
    if (replaced > 0) onReplaced?.(replaced);
    return text;
  };
}

function occurrences<T extends string | Buffer>(within: T, what: T): number {
  let count = 0;
  for (let at = indexIn(within, what, 0); at >= 0; at = indexIn(within, what, at + what.length)) count++;
  return count;
}

function indexIn(within: string | Buffer, what: string | Buffer, from: number): number {
  return typeof within === 'string' ? within.indexOf(what as string, from) : within.indexOf(what, from);
}

function fromWindows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]!);
}

/** Zero bytes in every other place are the upper halves of UTF-16. A zero byte here and there is a character. */
function refuseUtf16(path: string, head: Buffer): void {
  const zeros = [0, 0];
  for (const [i, byte] of head.entries()) if (byte === 0) zeros[i & 1]!++;
  const [even, odd] = zeros as [number, number];
  if (even + odd < 2 || even + odd < UTF16_ZERO_SHARE * head.length) return;
  if (Math.min(even, odd) > 0.2 * Math.max(even, odd)) {
    throw wrongEncoding(
      path,
      'is full of zero bytes: it is no text. Give its real format with --input-format.',
    );
  }
  const guess = odd > even ? 'utf-16le' : 'utf-16be';
  throw wrongEncoding(path, `is UTF-16 without a byte order mark. Give --encoding ${guess}.`);
}

function wrongEncoding(path: string, what: string): TableError {
  return new TableError('BB_INPUT_FORMAT', `${path} ${what}`, { fields: { path } });
}
