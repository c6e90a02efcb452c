import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BowerbirdError } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import { remove, writeError, writeFileAtomic } from '../base/files.ts';
import { packageVersion } from '../base/package.ts';
import type { Tag } from '../samples/tags.ts';
import { BlockFileWriter } from './block-file.ts';
import { BlockWriter } from './block-writer.ts';
import { diskFull } from './errors.ts';
import { FILES } from './folder.ts';
import { chooseLayout, type Precision } from './layout.ts';
import type { RecordRun } from './merged-records.ts';
import { metaText, STORE_FORMAT, STORE_FORMAT_VERSION, type StoreMeta, type StoreMetaFile } from './meta.ts';
import { writePageSums } from './page-sums.ts';

const MEBIBYTE = 1024 * 1024;

/** What a version is written from. */
export interface VersionContent {
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  /** How full the hash space is where it is used (`StoreMeta.density`). */
  readonly density: number;
  /** Sorted, distinct records. */
  readonly runs: Iterable<RecordRun>;
  /** Asked once all records are written, of which there were `entries`. */
  readonly about: (
    entries: number,
  ) => Pick<StoreMeta, 'rows' | 'base' | 'replaced' | 'sources' | 'provenance'>;
  /** Called after each run of records. */
  readonly onRun: () => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes all files of a version into a folder and brings them to the disk. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
export async function writeVersion(folder: string, content: VersionContent): Promise<StoreMetaFile> {
  try {
    const file = new BlockFileWriter(join(folder, FILES.data));
    let meta: StoreMeta;
    try {
      meta = await writeData(file, content);
    } finally {
      await file.close();
    }
    return await seal(folder, meta);
  } catch (thrown) {
    // Asked while the temporary files are still there.
    const isKnown = thrown instanceof BowerbirdError || content.signal?.aborted;
    throw isKnown || !(await isFull(folder)) ? writeError(thrown, folder) : diskFull(folder, thrown);
  }
}

async function writeData(file: BlockFileWriter, content: VersionContent): Promise<StoreMeta> {
  const { columns, precision, density, runs, about, onRun, signal } = content;
  const layout = chooseLayout(density, columns.length, precision);
  const writer = new BlockWriter(layout, file);
  for (const { records, count } of runs) {
    writer.add(records, count);
    onRun();
    // Signals get their turn.
    await setImmediate();
    signal?.throwIfAborted();
  }
  const checksum = writer.finish();
  const meta: StoreMeta = {
    format: STORE_FORMAT,
    formatVersion: STORE_FORMAT_VERSION,
    columns,
    precision,
    checksum,
    entries: writer.entries,
    blocks: writer.blocks,
    slotBits: layout.slotBits,
    lowBits: layout.lowBits,
    density,
    ...about(writer.entries),
    toolVersion: packageVersion,
    createdAt: new Date().toISOString(),
  };
  file.putMeta(metaText(meta));
  return meta;
}

/** Brings the data file to the disk and writes what is beside it. */
async function seal(folder: string, meta: StoreMeta): Promise<StoreMetaFile> {
  const dataPath = join(folder, FILES.data);
  // LMDB leaves a lock file, which means nothing to readers of a file that nobody writes.
  await remove(`${dataPath}-lock`);
  const handle = await fileSystem().open(dataPath, 'r+');
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

/** LMDB reports a full disk as an input or output error, so the disk itself is asked. */
async function isFull(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize < MEBIBYTE;
}
