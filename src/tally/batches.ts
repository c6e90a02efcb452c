import { parquetSource, quotePath } from '../shards/sql.ts';
import { findColumns, type RowExpressions, type WantedColumns } from './columns.ts';
import type { TallyDatabase } from './database.ts';
import { badFile, reasonOf, TallyError } from './errors.ts';
import type { TallyFile } from './inputs.ts';

/** Files that one query can read: their columns have the same expressions. */
export interface Batch {
  readonly files: readonly TallyFile[];
  readonly expressions: RowExpressions;
}

/** A file that was passed over, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What happens to a file that cannot be counted. @throws the error, unless such files are passed over */
export type OnBadFile = (path: string, error: TallyError) => void;

const MAX_BATCH_FILES = 64;
const MAX_BATCH_BYTES = 512 * 1024 * 1024;

/**
 * Opens every file for its columns, before a row is read, and puts files that are alike together: a query a file
 * would cost more than the rows of small files, and a failed query means to read its files once more.
 */
export async function planBatches(
  database: TallyDatabase,
  files: readonly TallyFile[],
  wanted: WantedColumns,
  onBadFile: OnBadFile,
  onOpened: (files: number) => void,
): Promise<Batch[]> {
  const batches: { files: TallyFile[]; expressions: RowExpressions; key: string; bytes: number }[] = [];
  for (const [opened, file] of files.entries()) {
    onOpened(opened);
    const expressions = await inspect(database, file, wanted, onBadFile);
    if (!expressions) continue;
    const key = JSON.stringify([file.format, expressions]);
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
  wanted: WantedColumns,
  onBadFile: OnBadFile,
): Promise<RowExpressions | undefined> {
  try {
    return await expressionsOf(database, file, wanted);
  } catch (thrown) {
    if (!(thrown instanceof TallyError)) throw thrown;
    onBadFile(file.path, thrown);
    return undefined;
  }
}

async function expressionsOf(
  database: TallyDatabase,
  { path, format }: TallyFile,
  wanted: WantedColumns,
): Promise<RowExpressions> {
  if (!['parquet', 'csv', 'tsv'].includes(format)) {
    throw badFile('BB_INPUT_FORMAT', path, `scores are counted in Parquet, CSV and TSV, not in ${format}.`);
  }
  const isText = format !== 'parquet';
  try {
    const schema = isText
      ? (
          await database.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${textSource([path], format)}`)
        ).map(({ column_name }) => ({ name: column_name, type: 'VARCHAR' }))
      : await database.columnsOf(path);
    return findColumns(path, schema, isText, wanted);
  } catch (thrown) {
    database.signal.throwIfAborted();
    throw thrown instanceof Error && thrown.name === 'Error'
      ? badFile('BB_INPUT_UNREADABLE', path, reasonOf(thrown), thrown)
      : thrown;
  }
}

/** SQL for a batch's rows. */
export function sourceOf({ files }: Batch): string {
  const paths = files.map(({ path }) => path);
  const format = files[0]!.format;
  if (format !== 'parquet') return textSource(paths, format);
  if (paths.length === 1) return parquetSource(paths[0]!);
  return `read_parquet([${paths.map(quotePath).join(', ')}], hive_partitioning = false)`;
}

function textSource(paths: readonly string[], format: string): string {
  const delimiter = format === 'csv' ? ',' : '\\t';
  return `read_csv([${paths.map(quotePath).join(', ')}], header = true, all_varchar = true, delim = E'${delimiter}')`;
}

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
    if (isOutOfMemory(thrown)) throw outOfMemory(thrown);
    if (batch.files.length === 1) {
      const { path } = batch.files[0]!;
      onBadFile(path, badFile('BB_SHARD_READ', path, reasonOf(thrown), thrown));
      return;
    }
  }
  for (const file of batch.files) await eachGoodPart({ ...batch, files: [file] }, work, onBadFile, signal);
}

function isOutOfMemory(thrown: unknown): boolean {
  return reasonOf(thrown).includes('Out of Memory Error');
}

/** No file is to blame for that. */
function outOfMemory(cause: unknown): TallyError {
  return new TallyError(
    'BB_SHARD_READ',
    `Counting needs more memory than it may take: ${reasonOf(cause)} Raise --memory-mb, or lower --threads.`,
    { cause },
  );
}
