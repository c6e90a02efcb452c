import { createReadStream } from 'node:fs';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { hashTexts } from '../samples/hash.ts';
import { HASH_TEXT_RULE, parseHashText } from '../samples/hash-text.ts';
import { notLines } from '../tables/content.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Hashes of this many lines are looked up together. */
const BATCH_LINES = 64 * 1024;

interface Line {
  /** From 1; blank lines count. */
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Reads the hash on each line of a file, or the hash of the URL and caption on it, between which is a tab. Blank
 * lines are passed over. Lines are bytes and end at LF or CRLF only: a caption may hold any other character.
 *
 * @param input a path, or `-` for standard input
 * @throws BowerbirdError BB_INPUT_UNREADABLE, BB_INPUT_FORMAT; BB_HASH_INVALID naming the line; the signal's reason
 */
export async function* hashesOfLines(input: string, signal?: AbortSignal): AsyncGenerator<BigInt64Array> {
  let batch: Line[] = [];
  for await (const lines of linesOf(input, signal)) {
    for (const line of lines) {
      batch.push(line);
      if (batch.length < BATCH_LINES) continue;
      yield hashesOf(batch, input);
      batch = [];
    }
  }
  if (batch.length > 0) yield hashesOf(batch, input);
}

/** Lines that are not blank, a chunk of the file at a time. */
async function* linesOf(input: string, signal: AbortSignal | undefined): AsyncGenerator<Line[]> {
  const stream = input === '-' ? process.stdin : createReadStream(input, { highWaterMark: 256 * 1024 });
  // Standard input that nothing comes from would be waited for.
  const stop = (): void => void stream.destroy();
  signal?.addEventListener('abort', stop);
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (number === 0) refuseForeign(input, bytes);
      const lines: Line[] = [];
      let from = 0;
      for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
        pushLine(lines, ++number, bytes.subarray(from, to));
        from = to + 1;
      }
      rest = bytes.subarray(from);
      yield lines;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof BowerbirdError) throw thrown;
    throw new BowerbirdError('BB_INPUT_UNREADABLE', `${input} cannot be read: ${messageOf(thrown)}.`, {
      cause: thrown,
      fields: { path: input },
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
  const last: Line[] = [];
  pushLine(last, number + 1, rest);
  yield last;
}

/** Other formats have tabs and line feeds too: what lies between would be taken for URLs and captions. */
function refuseForeign(input: string, head: Buffer): void {
  const name = notLines(head);
  if (name === undefined) return;
  throw new BowerbirdError(
    'BB_INPUT_FORMAT',
    `${input} is ${name}, not a hash, or a URL and a caption, on each line. Give Parquet as a file called .parquet, all else as plain text.`,
    { fields: { path: input, found: name } },
  );
}

function pushLine(lines: Line[], number: number, content: Buffer): void {
  const hasMark = number === 1 && content.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const from = hasMark ? BYTE_ORDER_MARK.length : 0;
  const to = content.at(-1) === CARRIAGE_RETURN ? content.length - 1 : content.length;
  const bytes = content.subarray(from, to);
  // A tab alone stands for a sample without URL and caption.
  if (bytes.includes(TAB) || bytes.toString('latin1').trim() !== '') lines.push({ number, bytes });
}

function hashesOf(lines: readonly Line[], input: string): BigInt64Array {
  const hashes = new BigInt64Array(lines.length);
  const texts: Buffer[] = [];
  const places: number[] = [];
  for (const [i, { number, bytes }] of lines.entries()) {
    const tab = bytes.indexOf(TAB);
    if (tab < 0) {
      hashes[i] = parseHash(bytes.toString('utf8'), `${input}, line ${number}`);
      continue;
    }
    texts.push(Buffer.concat([bytes.subarray(0, tab), bytes.subarray(tab + 1)]));
    places.push(i);
  }
  for (const [i, hash] of hashTexts(texts).entries()) hashes[places[i]!] = hash;
  return hashes;
}

/** @param origin where the text comes from, for the message. @throws BowerbirdError BB_HASH_INVALID */
export function parseHash(text: string, origin: string): bigint {
  const hash = parseHashText(text);
  if (hash !== undefined) return hash;
  throw new BowerbirdError(
    'BB_HASH_INVALID',
    `${JSON.stringify(text)} (${origin}) is no hash: ${HASH_TEXT_RULE}. ` +
      'For a URL and its caption, put a tab between them.',
    { fields: { text, origin } },
  );
}
