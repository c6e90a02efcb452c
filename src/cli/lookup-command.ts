import { rm } from 'node:fs/promises';
import { BowerbirdError } from '../base/errors.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { hashTexts } from '../samples/hash.ts';
import type { AnswerRows, HashRows } from '../samples/score-rows.ts';
import { isRemote } from '../storage/storage.ts';
import { scoresOfStore } from '../store/provenance.ts';
import type { Store } from '../store/reader.ts';
import { inferFormat } from '../tables/formats.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { hashesOfLines, parseHash } from './hash-lines.ts';
import { withInterrupt } from './interrupt.ts';
import { type LookupOutput, lookupOutput, writeAnswers } from './lookup-output.ts';
import { rowsProgress } from './rows-progress.ts';
import { LOOKUP_FLAGS, readOptions, STORE_POSITIONAL } from './store-flags.ts';

/** `bowerbird lookup` */
export const LOOKUP: Command = {
  examples: [
    ["lookup scores --url http://example.com/a.jpg --text 'a tree'", 'The scores of one sample'],
    ['lookup scores --input hashes.parquet --output scores.parquet', 'Those of a table'],
  ],
  docs: 'docs/store.md',
  flags: LOOKUP_FLAGS,
  remoteInputs: ['input'],
  extend: (parser) =>
    parser
      .positional('store', STORE_POSITIONAL)
      .positional('hashes', { type: 'string', array: true, describe: 'Hashes (int64)' }),
  run: lookupCommand,
};

/** What the command line asks for. */
interface Question {
  /** The hashes among the arguments. */
  readonly given: readonly bigint[];
  readonly values: FlagValues;
  readonly output: LookupOutput;
}

/** What to look up; `rowCount` where it is known beforehand. */
interface Wanted {
  readonly rows: AsyncIterable<HashRows>;
  readonly rowCount?: number;
  readonly close?: () => void;
}

/**
 * Runs `lookup`: an answer for each hash, in order. Gives the exit code.
 *
 * @throws BowerbirdError BB_USAGE, BB_HASH_INVALID, BB_STORE_NOT_FOUND, BB_STORE_EMPTY, BB_STORE_CORRUPT, BB_INPUT_UNREADABLE,
 *   BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH, BB_SHARD_READ, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL
 */
async function lookupCommand({ values, parsed }: Invocation): Promise<number> {
  // What comes after `--` is none of the positionals that yargs names.
  const [, ...afterDashes] = parsed['_'] as string[];
  const hashes = [...((parsed['hashes'] as string[] | undefined) ?? []), ...afterDashes];
  refuseSeveralWays(hashes, values);
  const output = lookupOutput(values);
  const given = hashes.map((hash) => parseHash(hash, 'arguments'));
  const { openFilledStore } = await import('../store/reader.ts');
  const store = await openFilledStore(parsed['store'] as string, readOptions(values));
  try {
    return await withInterrupt(
      () => undefined,
      async (signal) => lookUp(store, { given, values: await withInputHere(values), output }, signal),
    );
  } finally {
    await store.close();
  }
}

/** What is looked up is read from its beginning to its end, so of a table elsewhere a copy is. */
async function withInputHere(values: FlagValues): Promise<FlagValues> {
  const input = values['input'] as string | undefined;
  if (input === undefined || !isRemote(input)) return values;
  const { localCopy } = await import('../storage/local-copy.ts');
  return { ...values, input: await localCopy(input, (note) => process.stderr.write(`${note}\n`)) };
}

function refuseSeveralWays(hashes: readonly string[], values: FlagValues): void {
  const byText = values['url'] !== undefined || values['text'] !== undefined;
  const ways = [hashes.length > 0, byText, values['input'] !== undefined];
  if (ways.filter(Boolean).length !== 1)
    throw usageError('lookup needs hashes, or --url and --text, or --input: one of these.');
  const column = ['hash-col', 'url-col', 'caption-col'].find((flag) => values[flag] !== undefined);
  if (column && !isParquet(values['input'] as string | undefined))
    throw usageError(`--${column} names a column of a Parquet file; give one by --input.`);
}

function isParquet(input: string | undefined): input is string {
  return input !== undefined && inferFormat(input) === 'parquet';
}

async function lookUp(store: Store, question: Question, signal: AbortSignal): Promise<number> {
  const { values, output } = question;
  const temporaryFolder = await makeTemporaryFolder('lookup');
  let wanted: Wanted | undefined;
  try {
    wanted = await wantedRows(question, temporaryFolder, signal);
    // On a terminal the answers themselves show that it goes on.
    const isShown = output.path !== undefined || !process.stdout.isTTY;
    const onProgress = isShown ? rowsProgress('looked up', wanted.rowCount) : undefined;
    const answers = answersOf(store, wanted.rows, signal, onProgress);
    const scores = scoresOfStore(store.versions.map(({ meta }) => meta));
    await writeAnswers(output, { names: store.meta.columns, scores }, answers, {
      memoryLimitMb: values['memory-mb'] as number,
      signal,
      inputs: values['input'] === undefined ? [] : [values['input'] as string],
    });
    return 0;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    process.stderr.write(
      `Interrupted.${output.path === undefined ? '' : ` ${output.path} was not written.`}\n`,
    );
    return 130;
  } finally {
    wanted?.close?.();
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

async function wantedRows(
  { given, values }: Question,
  temporaryFolder: string,
  signal: AbortSignal,
): Promise<Wanted> {
  const { url, text, input } = values as { url?: string; text?: string; input?: string };
  if (isParquet(input)) return parquetRows(input, values, temporaryFolder);
  if (input !== undefined) return { rows: withHashes(hashesOfLines(input, signal)) };
  const hashes =
    given.length > 0
      ? BigInt64Array.from(given)
      : hashTexts([Buffer.concat([Buffer.from(url ?? ''), Buffer.from(text ?? '')])]);
  return { rows: withHashes([hashes]), rowCount: hashes.length };
}

async function parquetRows(path: string, values: FlagValues, temporaryFolder: string): Promise<Wanted> {
  const { HashRowReader } = await import('../tables/hash-rows.ts');
  const choice = {
    hashColumn: values['hash-col'] as string | undefined,
    urlColumn: values['url-col'] as string | undefined,
    captionColumn: values['caption-col'] as string | undefined,
  };
  const memoryLimitMb = values['memory-mb'] as number;
  const reader = await HashRowReader.open(path, choice, { memoryLimitMb, temporaryFolder });
  return { rows: reader.rows(), rowCount: reader.rowCount, close: () => reader.close() };
}

async function* withHashes(
  batches: AsyncIterable<BigInt64Array> | Iterable<BigInt64Array>,
): AsyncGenerator<HashRows> {
  for await (const hashes of batches) yield { hashes, withoutHash: new Uint8Array(hashes.length) };
}

async function* answersOf(
  store: Store,
  batches: AsyncIterable<HashRows>,
  signal: AbortSignal,
  onProgress: ((rows: number) => void) | undefined,
): AsyncGenerator<AnswerRows> {
  let rows = 0;
  for await (const { hashes, withoutHash } of batches) {
    signal.throwIfAborted();
    // Reads many pages at a time where the store is larger than the memory.
    await store.prefetch(hashes);
    const { found, columns } = store.getMany(hashes);
    forgetWhereNone(withoutHash, found, columns);
    yield { hashes, withoutHash, found, columns };
    rows += hashes.length;
    onProgress?.(rows);
  }
  if (rows === 0) throw noHash();
}

function noHash(): BowerbirdError {
  return new BowerbirdError('BB_INPUT_EMPTY', 'The input holds no hashes: there is nothing to look up.');
}

/** A row without a hash is a miss, whatever stands in its place. */
function forgetWhereNone(withoutHash: Uint8Array, found: Uint8Array, columns: readonly Float32Array[]): void {
  for (let row = withoutHash.indexOf(1); row >= 0; row = withoutHash.indexOf(1, row + 1)) {
    found[row] = 0;
    for (const column of columns) column[row] = Number.NaN;
  }
}
