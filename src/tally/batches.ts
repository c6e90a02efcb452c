import { BowerbirdError, firstSentence } from '../base/errors.ts';
import type { ColumnMapping } from '../tables/columns.ts';
import { parquetSource, quoteName, quotePath } from '../tables/duckdb.ts';
import type { TextReading } from '../tables/formats.ts';
import { type ReadableInput, readableOn } from '../tables/readable.ts';
import { fetchRows } from '../tables/remote/fetch-rows.ts';
import { dropWhenMuch, isFetchFailure } from '../tables/remote/remote-files.ts';
import { checkTexts, type MissingTexts } from '../tables/value-check.ts';
import { findColumns, type RowExpressions, scoreColumns, type WantedColumns } from './columns.ts';
import type { TallyDatabase } from './database.ts';
import { asBadFile, badFile, TallyError } from './errors.ts';
import type { TallyFile } from './inputs.ts';

/** Files that one query can read: their columns have the same expressions. */
export interface Batch {
  readonly files: readonly ReadableInput[];
  readonly expressions: RowExpressions;
}

/** A file that was looked at. */
export interface OpenedFile {
  readonly table: ReadableInput;
  readonly expressions: RowExpressions;
  /** Its columns of scores. */
  readonly columns: Partial<ColumnMapping>;
  readonly missing: MissingTexts;
}

/** A file that was passed over, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What happens to a file that cannot be counted. @throws the error, unless such files are passed over */
export type OnBadFile = (path: string, error: TallyError) => void;

/** Who is told of the files. */
export interface FileListeners {
  readonly onBadFile: OnBadFile;
  /** With the files before, and what was opened, if it was. */
  readonly onOpened: (files: number, opened: OpenedFile | undefined) => void;
}

const MAX_BATCH_FILES = 64;
const MAX_BATCH_BYTES = 512 * 1024 * 1024;

/**
 * Opens every file for its columns, before a row is read, and puts files that are alike together: a query a file
 * would cost more than the rows of small files, and a failed query means to read its files once more.
 */
export async function planBatches(
  database: TallyDatabase,
  files: readonly TallyFile[],
  wanted: WantedColumns & TextReading,
  { onBadFile, onOpened }: FileListeners,
): Promise<Batch[]> {
  const batches: { files: ReadableInput[]; expressions: RowExpressions; key: string; bytes: number }[] = [];
  for (const [place, found] of files.entries()) {
    const opened = await inspect(database, found, wanted, onBadFile);
    onOpened(place, opened);
    if (!opened) continue;
    const { table: file, expressions } = opened;
    const key = JSON.stringify(expressions);
    const last = batches.at(-1);
    const fits =
      last && last.files.length < MAX_BATCH_FILES && last.bytes + file.sizeBytes <= MAX_BATCH_BYTES;
    if (last?.key === key && fits) {
      last.files.push(file);
      last.bytes += file.sizeBytes;
    } else {
      batches.push({ files: [file], expressions, key, bytes: file.sizeBytes });
    }
  }
  return batches;
}

async function inspect(
  database: TallyDatabase,
  file: TallyFile,
  wanted: WantedColumns & TextReading,
  onBadFile: OnBadFile,
): Promise<OpenedFile | undefined> {
  try {
    const table = await readableOn(database.connection, file, {
      stagingFolder: database.stagingFolder,
      text: wanted.text ?? {},
      isReadByRanges: true,
      signal: database.signal,
    });
    const columns = scoreColumns(table);
    const missing = await checkTexts(database.connection, table, columns);
    return { table, expressions: findColumns(table, wanted), columns, missing };
  } catch (thrown) {
    database.signal.throwIfAborted();
    if (!(thrown instanceof BowerbirdError) || isFetchFailure(thrown)) throw thrown;
    onBadFile(file.path, thrown instanceof TallyError ? thrown : asBadFile(file.path, thrown));
    return undefined;
  }
}

/** SQL for a batch's rows. */
export function sourceOf({ files }: Batch): string {
  const paths = files.map(({ readPath }) => readPath);
  if (paths.length === 1) return parquetSource(paths[0]!);
  return `read_parquet([${paths.map(quotePath).join(', ')}], hive_partitioning = false)`;
}

/** Does something with the rows of a batch: of files elsewhere the columns that are counted are here meanwhile. @throws StorageError; BowerbirdError BB_DISK_FULL */
export async function withRows<T>(
  { connection, signal }: TallyDatabase,
  { files, expressions }: Batch,
  work: () => Promise<T>,
): Promise<T> {
  const sql = Object.values(expressions).join(' ');
  for (const { readPath, columns } of files) {
    const read = columns.filter(({ name }) => sql.includes(quoteName(name)) || name === STATUS);
    await fetchRows(connection, readPath, { columns: read.map(({ name }) => name), signal });
  }
  try {
    return await work();
  } finally {
    for (const { readPath } of files) await dropWhenMuch(readPath);
  }
}

/** Read of tags by this very name. */
const STATUS = 'status';

/** Does `work` for a batch, and where that fails for each of its files alone, so that the bad ones are named. */
export async function eachGoodPart(
  batch: Batch,
  work: (part: Batch) => Promise<void>,
  onBadFile: OnBadFile,
  signal: AbortSignal,
): Promise<void> {
  try {
    await work(batch);
    return;
  } catch (thrown) {
    signal.throwIfAborted();
    if (isFetchFailure(thrown)) throw thrown;
    if (isOutOfMemory(thrown)) throw outOfMemory(thrown);
    if (batch.files.length === 1) {
      const { path } = batch.files[0]!;
      onBadFile(path, badFile('BB_SHARD_READ', path, firstSentence(thrown), thrown));
      return;
    }
  }
  for (const file of batch.files) await eachGoodPart({ ...batch, files: [file] }, work, onBadFile, signal);
}

function isOutOfMemory(thrown: unknown): boolean {
  return firstSentence(thrown).includes('Out of Memory Error');
}

/** No file is to blame for that. */
function outOfMemory(cause: unknown): TallyError {
  return new TallyError(
    'BB_SHARD_READ',
    `Counting needs more memory than it may take: ${firstSentence(cause)} Raise --memory-mb, or lower --threads.`,
    { cause },
  );
}
