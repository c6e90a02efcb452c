import { firstSentence, isDiskFull, messageOf } from '../base/errors.ts';
import { withWayOn } from '../tables/bad-files.ts';
import type { ScanInstance } from '../tables/duckdb.ts';
import { readFailure, TableError } from '../tables/errors.ts';
import { isFetchFailure } from '../tables/remote/remote-files.ts';
import { FileRows, type ScannedRows } from './file-rows.ts';
import type { InputFile } from './plan.ts';
import type { RowRange } from './readable-ranges.ts';
import type { ScanPlan } from './scan-sql.ts';

/** How files are scanned. */
export interface ScanOptions {
  /** Where a file with texts that are not UTF-8 is copied to. */
  readonly stagingFolder: string;
  /** Whether rows that cannot be read are given as rows of nulls; otherwise they end the scan. */
  readonly skipBadRows: boolean;
  /** Told in a line what could not be read. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** Which rows are scanned. */
interface ScanRange {
  readonly firstRow: number;
  /** Those that are looked at, in their order: nothing is read behind them, and a file elsewhere is not fetched for others. All from the first on where not given. */
  readonly wanted?: readonly RowRange[];
}

/**
 * Streams a file's rows from `firstRow` on, in order, each column as its type in the plan's schema (null where the file
 * has no such column). One pass; memory holds a few pages of the file, however large its row groups are.
 *
 * A row with a text that is not UTF-8 comes with a null in its place and its problem. Where pages are damaged, the rows that
 * cannot be read come as nulls with theirs, if `skipBadRows` allows it.
 *
 * @throws TableError BB_SHARD_READ; BB_SHARD_WRITE and BB_DISK_FULL (the copy of a file that is not all UTF-8)
 */
export async function* scanFile(
  instance: ScanInstance,
  file: InputFile,
  plan: ScanPlan,
  { firstRow, wanted, ...options }: ScanOptions & ScanRange,
): AsyncGenerator<ScannedRows> {
  const rows = new FileRows(instance, file, plan, wanted);
  const end = wanted?.at(-1)?.to ?? file.rowCount;
  let nextRow = firstRow;
  for (;;) {
    try {
      for await (const scanned of rows.rows({ from: nextRow, to: end })) {
        yield scanned;
        nextRow = scanned.firstRow + scanned.rowCount;
      }
      return;
    } catch (thrown) {
      if (isFetchFailure(thrown)) throw thrown;
      if (!rows.readsBytes && isEncodingTrouble(thrown)) {
        options.onNote?.(`${file.path} has texts that are not UTF-8: their rows end as input_not_utf8.`);
        await rows.readBytes(options.stagingFolder);
        continue;
      }
      const failure = thrown instanceof TableError ? thrown : readFailure(file.path, thrown);
      if (!isDamage(thrown)) throw failure;
      if (options.skipBadRows)
        options.onNote?.(`${firstSentence(failure)} Its rows that cannot be read end as input_unreadable.`);
      // What was read ahead is lost with the stream: rows before the damage are still to come.
      const damaged = { path: file.path, skipBadRows: options.skipBadRows, failure };
      yield* readableRows(rows, { from: nextRow, to: end }, damaged);
      return;
    }
  }
}

function isEncodingTrouble(thrown: unknown): boolean {
  return messageOf(thrown).includes('is not valid UTF8');
}

/** A disk that is full or gone is no damage of the file: its rows are still to be read. */
function isDamage(thrown: unknown): boolean {
  return !isDiskFull(thrown) && !messageOf(thrown).startsWith('IO Error');
}

/** How a file is read on once its stream has failed. */
interface Damaged {
  readonly path: string;
  readonly skipBadRows: boolean;
  /** Thrown where no more is to be read, or the file has fewer rows than it should. */
  readonly failure: TableError;
}

/** The rows of a damaged file up to those that cannot be read; from there on with nulls in their place, if `skipBadRows` allows it. */
async function* readableRows(
  rows: FileRows,
  { from: firstRow, to: end }: RowRange,
  { path, skipBadRows, failure }: Damaged,
): AsyncGenerator<ScannedRows> {
  let nextRow = firstRow;
  const groups = await rows.groupsFrom(firstRow).catch(() => {
    throw failure;
  });
  for (const group of groups) {
    if (group.from >= end) break;
    const wanted = { from: Math.max(group.from, nextRow), to: Math.min(group.to, end) };
    nextRow = wanted.from;
    for (const { isReadable, ...range } of await rows.divide(wanted)) {
      try {
        if (isReadable) {
          for await (const scanned of rows.rows(range)) {
            yield scanned;
            nextRow = scanned.firstRow + scanned.rowCount;
          }
        }
      } catch (thrown) {
        if (isFetchFailure(thrown)) throw thrown;
        if (!isDamage(thrown)) throw readFailure(path, thrown);
      }
      if (nextRow < range.to) {
        if (!skipBadRows) throw withWayOn(failure);
        yield* rows.nulls({ from: nextRow, to: range.to });
      }
      nextRow = range.to;
    }
  }
  if (nextRow < end) throw failure;
}
