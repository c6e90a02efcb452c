import { resolve } from 'node:path';
import type { InputIdentity } from '../samples/input-identity.ts';
import { provenanceJson, type ScoreOrigins } from '../samples/provenance/provenance.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import { StoreError } from './errors.ts';
import { type BuildFolder, openBuildFolder } from './folder.ts';
import type { Precision } from './layout.ts';
import type { StoreMetaFile } from './meta.ts';
import { RecordSorter, type SortedRecords } from './record-sorter.ts';
import { packRecords, recordWords } from './records.ts';
import { writeVersion } from './version-writer.ts';

/** What a build is doing, and how many rows it has done that to. */
export interface BuildProgress {
  readonly phase: 'reading' | 'writing';
  readonly rows: number;
  /** Known once all rows are read. */
  readonly totalRows: number | undefined;
}

/** Where rows come from, and what they may cost. */
export interface RowInput {
  readonly rows: AsyncIterable<ScoreRows>;
  /** Bounds buffers and sorting; 64 at least. Node and LMDB's pages in flight come on top. */
  readonly memoryMb: number;
  /** Called once the rows are read. */
  readonly sources?: () => readonly InputIdentity[];
  /** Where their scores come from; called once the rows are read. */
  readonly scores?: () => ScoreOrigins;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** Whether rows of which none leaves an entry are an error. */
  readonly refuseEmpty?: boolean;
}

export interface BuildOptions extends RowInput {
  /** The store's folder. */
  readonly output: string;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
}

/** How a build ended: `version` is the folder that is now current. */
export interface BuildResult {
  readonly version: string;
  readonly meta: StoreMetaFile;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Builds a store and makes it current. Rows with equal hashes leave one entry: the one with the greatest first
 * score, then second, then third, a null below every number. A row whose scores are all null leaves none.
 * The result does not depend on the order of the rows.
 *
 * @throws StoreError BB_STORE_EXISTS, BB_STORE_LOCKED, BB_STORE_ACCESS, BB_STORE_CLUSTERED, BB_STORE_EMPTY; BowerbirdError
 *   BB_DISK_FULL; the signal's reason when it is aborted. Nothing is published then.
 */
export async function buildStore(options: BuildOptions): Promise<BuildResult> {
  const folder = await openBuildFolder(resolve(options.output));
  try {
    const meta = await writeRows(folder, options, options);
    return { version: await folder.publish(), meta };
  } finally {
    await folder.release();
  }
}

/** What the entries of a version are held in. */
interface Shape {
  readonly columns: readonly Tag[];
  readonly precision: Precision;
}

/** What a version lies on. */
interface Ground {
  /** The versions below. */
  readonly base: StoreMetaFile['base'];
  /** Passes the sorted records on. */
  readonly watch: (sorted: Iterable<SortedRecords>) => Iterable<SortedRecords>;
  /** How many entries of the versions below the records replace; asked after the last of them. */
  readonly replaced: () => number;
}

const NOTHING_BELOW: Ground = { base: [], watch: (sorted) => sorted, replaced: () => 0 };

/** Sorts rows and writes them as a version. */
export async function writeRows(
  folder: BuildFolder,
  input: RowInput,
  { columns, precision }: Shape,
  { base, watch, replaced }: Ground = NOTHING_BELOW,
): Promise<StoreMetaFile> {
  const sorter = new RecordSorter({
    folder: folder.temporary,
    words: recordWords(columns.length, precision),
    memoryBytes: input.memoryMb * MEBIBYTE,
  });
  try {
    const rowsRead = await readRows(input, sorter, columns.length, precision);
    if (input.refuseEmpty && sorter.rows === 0) throw nothingToStore(input, columns, rowsRead);
    let done = 0;
    const counted = function* (): Generator<SortedRecords> {
      for (const run of watch(sorter.sorted())) {
        done += run.rows;
        yield run;
      }
    };
    return await writeVersion(folder.temporary, {
      columns,
      precision,
      density: sorter.density(),
      runs: counted(),
      about: (entries) => ({
        rows: {
          read: rowsRead,
          withoutScore: rowsRead - sorter.rows,
          duplicates: sorter.rows - entries,
        },
        base,
        replaced: replaced(),
        sources: input.sources?.() ?? [],
        ...(input.scores && { provenance: provenanceJson({ scores: input.scores() }) }),
      }),
      onRun: () => input.onProgress?.({ phase: 'writing', rows: done, totalRows: sorter.rows }),
      signal: input.signal,
    });
  } finally {
    sorter.close();
  }
}

/** @param withHash rows that had a hash, and none a score */
export function nothingToStore(
  { sources }: Pick<RowInput, 'sources'>,
  columns: readonly Tag[],
  withHash: number,
): StoreError {
  const rows = sources?.().reduce((sum, { rowCount }) => sum + rowCount, 0) ?? withHash;
  return new StoreError(
    'BB_STORE_EMPTY',
    `There is nothing to store: of ${rows} rows ${rows - withHash} have no hash and ${withHash} no score (${columns.join(', ')}). ` +
      'Nothing was published. Check --from and --columns.',
    { fields: { columns, rows } },
  );
}

/** Brings all rows to the sorter; gives their number. */
export async function readRows(
  { rows: batches, signal, onProgress }: RowInput,
  sorter: RecordSorter,
  columnCount: number,
  precision: Precision,
): Promise<number> {
  const words = recordWords(columnCount, precision);
  let records = new Uint32Array(0);
  let rowsRead = 0;
  for await (const rows of batches) {
    signal?.throwIfAborted();
    if (rows.hashes.length * words > records.length) records = new Uint32Array(rows.hashes.length * words);
    sorter.add(records, packRecords(rows, precision, records));
    rowsRead += rows.hashes.length;
    onProgress?.({ phase: 'reading', rows: rowsRead, totalRows: undefined });
  }
  signal?.throwIfAborted();
  return rowsRead;
}
