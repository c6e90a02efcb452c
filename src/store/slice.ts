import { join } from 'node:path';
import { fileSystem } from '../base/file-system.ts';
import { writing } from '../base/files.ts';
import type { SliceOf } from '../base/slices/slice.ts';
import { SliceFolder } from '../base/slices/slice-folder.ts';
import type { SliceBasis } from '../base/slices/slice-record.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import type { Tag } from '../samples/tags.ts';
import { type RowInput, readRows } from './build.ts';
import type { Precision } from './layout.ts';
import { PART_COUNT, partOf, RecordSorter } from './record-sorter.ts';
import { recordWords } from './records.ts';

/** The sorted, distinct records of a slice (records.ts), one after the other. */
export const RECORDS_FILE = 'records.bin';

/** An input of a slice, and its place among those of all slices. */
export interface PlacedSource extends InputIdentity {
  readonly place: number;
}

/** What a slice of a store keeps beside its records. */
export interface StoreSlice {
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  /** Rows with a hash. */
  readonly rowsRead: number;
  /** Rows with a hash and a score, by the part of the hash space that they are in. */
  readonly rowsByPart: readonly number[];
  /** Records, likewise. */
  readonly recordsByPart: readonly number[];
  readonly sources: readonly PlacedSource[];
  readonly sides: readonly ScoreSide[];
}

export interface SliceBuildOptions extends Pick<RowInput, 'rows' | 'memoryMb' | 'onProgress' | 'signal'> {
  readonly slice: SliceOf;
  /** The slice's folder. */
  readonly output: string;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  /** Called once the rows are read. */
  readonly basis: () => SliceBasis;
  /** Likewise: the slice's own inputs, and where their scores come from. */
  readonly sources: () => readonly PlacedSource[];
  readonly sides: () => readonly ScoreSide[];
}

/** What a slice holds. */
export interface BuiltSlice {
  readonly folder: string;
  readonly sources: number;
  readonly rows: number;
  readonly records: number;
}

const MEBIBYTE = 2 ** 20;

/**
 * Sorts the rows of a slice and keeps the best of each hash, for `mergeSlices`.
 *
 * @throws as `SliceFolder`, and what the rows throw; the signal's reason. Nothing is published then.
 */
export async function buildSlice(options: SliceBuildOptions): Promise<BuiltSlice> {
  const { columns, precision, memoryMb } = options;
  const words = recordWords(columns.length, precision);
  const folder = await SliceFolder.take(options.output, '--output');
  try {
    const sorter = new RecordSorter({ folder: folder.staging, words, memoryBytes: memoryMb * MEBIBYTE });
    try {
      const rowsRead = await readRows(options, sorter, columns.length, precision);
      const rowsByPart = [...sorter.partCounts()];
      const recordsByPart = await writing(folder.path, () =>
        writeRecords(sorter, join(folder.files, RECORDS_FILE), words, options),
      );
      const sources = options.sources();
      const content: StoreSlice = {
        ...{ columns, precision, rowsRead, rowsByPart, recordsByPart, sources },
        sides: options.sides(),
      };
      await folder.publish(options.slice, options.basis(), content);
      const records = recordsByPart.reduce((sum, count) => sum + count, 0);
      return { folder: folder.path, sources: sources.length, rows: rowsRead, records };
    } finally {
      sorter.close();
    }
  } finally {
    await folder.close();
  }
}

/** Gives how many records there are of each part. */
async function writeRecords(
  sorter: RecordSorter,
  path: string,
  words: number,
  { onProgress, signal }: Pick<SliceBuildOptions, 'onProgress' | 'signal'>,
): Promise<number[]> {
  const byPart = new Array<number>(PART_COUNT).fill(0);
  const file = await fileSystem().open(path, 'wx');
  let done = 0;
  try {
    for (const { records, count, rows } of sorter.sorted()) {
      for (let at = 0; at < count * words; at += words) byPart[partOf(records[at + 1]!)]!++;
      await file.writeFile(new Uint8Array(records.buffer, records.byteOffset, 4 * count * words));
      done += rows;
      onProgress?.({ phase: 'writing', rows: done, totalRows: sorter.rows });
      signal?.throwIfAborted();
    }
  } finally {
    await file.close();
  }
  return byPart;
}
