import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { hashTexts } from '../samples/hash.ts';
import { openStore, type Store } from '../store/reader.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { LOOKUP_FLAGS, STORE_POSITIONAL } from './store-flags.ts';

const BATCH_LINES = 10_000;

/** `bowerbird lookup` */
export const LOOKUP: Command = {
  usage: 'lookup <store> [hashes..]',
  describe: 'Look scores up by hash, or by URL and caption',
  flags: LOOKUP_FLAGS,
  extend: (parser) =>
    parser
      .positional('store', STORE_POSITIONAL)
      .positional('hashes', { type: 'string', array: true, describe: 'Hashes (int64)' }),
  run: lookupCommand,
};

/**
 * Runs `lookup`: a line for each hash, in order. Gives the exit code.
 *
 * @throws BowerbirdError BB_USAGE, BB_HASH_INVALID, BB_STORE_NOT_FOUND, BB_STORE_CORRUPT
 */
async function lookupCommand({ values, parsed }: Invocation): Promise<number> {
  // What comes after `--` is none of the positionals that yargs names.
  const [, ...afterDashes] = parsed['_'] as string[];
  const hashes = [...((parsed['hashes'] as string[] | undefined) ?? []), ...afterDashes];
  const batches = hashBatches(hashes, values);
  const store = await openStore(parsed['store'] as string);
  try {
    await pipeline(Readable.from(answers(store, batches, values['json'] === true)), process.stdout, {
      end: false,
    });
  } catch (thrown) {
    // The reader of our output has seen enough.
    if (codeOf(thrown) !== 'EPIPE') throw thrown;
  } finally {
    await store.close();
  }
  return 0;
}

function hashBatches(hashes: readonly string[], values: FlagValues): AsyncIterable<BigInt64Array> {
  const { url, text, input } = values as { url?: string; text?: string; input?: string };
  const ways = [hashes.length > 0, url !== undefined || text !== undefined, input !== undefined];
  if (ways.filter(Boolean).length !== 1)
    throw usageError('lookup needs hashes, or --url and --text, or --input: one of these.');
  if (input !== undefined) return linesOf(input);
  return once(
    hashes.length > 0 ? hashesOf(hashes, 'arguments') : hashTexts([bytesOf(url ?? '', text ?? '')]),
  );
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

async function* linesOf(input: string): AsyncGenerator<BigInt64Array> {
  const stream = input === '-' ? process.stdin : createReadStream(input);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  let batch: string[] = [];
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue;
      if (batch.push(line) < BATCH_LINES) continue;
      yield hashesOf(batch, input);
      batch = [];
    }
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    throw new BowerbirdError('BB_INPUT_UNREADABLE', `${input} cannot be read: ${messageOf(thrown)}.`, {
      cause: thrown,
      fields: { path: input },
    });
  }
  if (batch.length > 0) yield hashesOf(batch, input);
}

/** The hash that each line states, or of the URL and caption on it. */
function hashesOf(lines: readonly string[], origin: string): BigInt64Array {
  const texts = lines
    .filter((line) => line.includes('\t'))
    .map((line) => Buffer.from(line.replace('\t', '')));
  const computed = hashTexts(texts);
  const hashes = new BigInt64Array(lines.length);
  let next = 0;
  for (const [i, line] of lines.entries()) {
    hashes[i] = line.includes('\t') ? computed[next++]! : parseHash(line.trim(), origin);
  }
  return hashes;
}

function bytesOf(url: string, text: string): Uint8Array {
  return Buffer.from(url + text);
}

function parseHash(text: string, origin: string): bigint {
  const hash = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (hash !== undefined && BigInt.asIntN(64, hash) === hash) return hash;
  throw new BowerbirdError(
    'BB_HASH_INVALID',
    `${JSON.stringify(text)} (${origin}) is no hash: a whole number from -2^63 to 2^63 - 1. ` +
      'For a URL and its caption, put a tab between them.',
    { fields: { text, origin } },
  );
}

async function* answers(
  store: Store,
  batches: AsyncIterable<BigInt64Array>,
  json: boolean,
): AsyncGenerator<string> {
  const names = store.meta.columns;
  if (!json) yield `hash\t${names.join('\t')}\n`;
  for await (const hashes of batches) {
    const { columns } = store.getMany(hashes);
    const lines: string[] = [];
    hashes.forEach((hash, i) => {
      const scores = columns.map((column) => (Number.isNaN(column[i]!) ? null : column[i]!));
      lines.push(
        json
          ? `{"hash":"${hash}",${names.map((name, c) => `"${name}":${scores[c]}`).join(',')}}\n`
          : `${hash}\t${scores.map((score) => score ?? '').join('\t')}\n`,
      );
    });
    yield lines.join('');
  }
}
