import { open, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BowerbirdError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { packageVersion } from '../base/package.ts';
import { BlockFileWriter } from './block-file.ts';
import { BlockWriter } from './block-writer.ts';
import { type BuildFolder, FILES, openBuildFolder } from './folder.ts';
import { type BlockLayout, chooseLayout, type Precision } from './layout.ts';
import {
  STORE_FORMAT,
  STORE_FORMAT_VERSION,
  type StoreColumn,
  type StoreMeta,
  type StoreMetaFile,
  type StoreSource,
} from './meta.ts';
import { writePageSums } from './page-sums.ts';
import { RecordSorter } from './record-sorter.ts';
import { packRecords, recordWords, type ScoreRows } from './records.ts';
import { diskFull } from './spill.ts';

/** What a build is doing, and how many rows it has done that to. */
export interface BuildProgress {
  readonly phase: 'reading' | 'writing';
  readonly rows: number;
  /** Known once all rows are read. */
  readonly totalRows: number | undefined;
}

export interface BuildOptions {
  /** The store's folder. */
  readonly output: string;
  readonly rows: AsyncIterable<ScoreRows>;
  readonly columns: readonly StoreColumn[];
  readonly precision: Precision;
  /** Bounds buffers and sorting; 64 at least. Node and LMDB's pages in flight come on top. */
  readonly memoryMb: number;
  /** Called once the rows are read. */
  readonly sources?: () => readonly StoreSource[];
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
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
 * @throws StoreError BB_STORE_EXISTS, BB_STORE_LOCKED, BB_STORE_CLUSTERED; BowerbirdError BB_DISK_FULL; the
 *   signal's reason when it is aborted. Nothing is published then.
 */
export async function buildStore(options: BuildOptions): Promise<BuildResult> {
  const store = resolve(options.output);
  const folder = await openBuildFolder(store);
  try {
    const meta = await writeVersion(options, folder);
    return { version: await folder.publish(), meta };
  } finally {
    await folder.release();
  }
}

/** LMDB reports a full disk as an input or output error, so the disk itself is asked. */
async function isFull(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize < MEBIBYTE;
}

async function writeVersion(options: BuildOptions, folder: BuildFolder): Promise<StoreMetaFile> {
  const { columns, precision } = options;
  const sorter = new RecordSorter({
    folder: folder.temporary,
    words: recordWords(columns.length, precision),
    memoryBytes: options.memoryMb * MEBIBYTE,
  });
  try {
    const rowsRead = await readRows(options, sorter);
    const layout = chooseLayout(sorter.density(), columns.length, precision);
    const file = new BlockFileWriter(join(folder.temporary, FILES.data));
    let meta: StoreMeta;
    try {
      meta = await writeBlocks(options, layout, sorter, file, rowsRead);
    } finally {
      await file.close();
    }
    return await seal(folder.temporary, meta);
  } catch (thrown) {
    // Asked while the temporary files are still there.
    const isKnown = thrown instanceof BowerbirdError || options.signal?.aborted;
    throw isKnown || !(await isFull(folder.temporary)) ? thrown : diskFull(folder.temporary, thrown);
  } finally {
    sorter.close();
  }
}

/** Brings all rows to the sorter; gives their number. */
async function readRows(options: BuildOptions, sorter: RecordSorter): Promise<number> {
  const { precision, signal, onProgress } = options;
  const words = recordWords(options.columns.length, precision);
  let records = new Uint32Array(0);
  let rowsRead = 0;
  for await (const rows of options.rows) {
    signal?.throwIfAborted();
    if (rows.hashes.length * words > records.length) records = new Uint32Array(rows.hashes.length * words);
    sorter.add(records, packRecords(rows, precision, records));
    rowsRead += rows.hashes.length;
    onProgress?.({ phase: 'reading', rows: rowsRead, totalRows: undefined });
  }
  signal?.throwIfAborted();
  return rowsRead;
}

async function writeBlocks(
  options: BuildOptions,
  layout: BlockLayout,
  sorter: RecordSorter,
  file: BlockFileWriter,
  rowsRead: number,
): Promise<StoreMeta> {
  const writer = new BlockWriter(layout, file);
  let done = 0;
  for (const { records, count, rows } of sorter.sorted()) {
    writer.add(records, count);
    done += rows;
    options.onProgress?.({ phase: 'writing', rows: done, totalRows: sorter.rows });
    // Signals get their turn.
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  const meta: StoreMeta = {
    format: STORE_FORMAT,
    formatVersion: STORE_FORMAT_VERSION,
    columns: options.columns,
    precision: options.precision,
    checksum: writer.finish(),
    entries: writer.entries,
    blocks: writer.blocks,
    keyBits: layout.keyBits,
    upperBits: layout.upperBits,
    lowBits: layout.lowBits,
    rows: {
      read: rowsRead,
      withoutScore: rowsRead - sorter.rows,
      duplicates: sorter.rows - writer.entries,
    },
    sources: options.sources?.() ?? [],
    toolVersion: packageVersion,
    createdAt: new Date().toISOString(),
  };
  file.appendMeta(JSON.stringify(meta));
  return meta;
}

/** Brings the data file to the disk and writes what is beside it. */
async function seal(folder: string, meta: StoreMeta): Promise<StoreMetaFile> {
  const dataPath = join(folder, FILES.data);
  // LMDB leaves a lock file, which means nothing to readers of a file that nobody writes.
  await rm(`${dataPath}-lock`, { force: true });
  const handle = await open(dataPath, 'r+');
  let dataBytes: number;
  try {
    await handle.sync();
    dataBytes = (await handle.stat()).size;
  } finally {
    await handle.close();
  }
  await writePageSums(dataPath, join(folder, FILES.sums));
  const file: StoreMetaFile = { ...meta, dataBytes };
  await writeFileAtomic(join(folder, FILES.meta), `${JSON.stringify(file, null, 2)}\n`);
  return file;
}
