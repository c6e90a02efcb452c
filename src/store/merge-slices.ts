import { closeSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type FoundSlice, readSlices } from '../base/slices/read-slices.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import { provenanceJson, type ScoreOrigins } from '../samples/provenance/provenance.ts';
import { type BuildProgress, type BuildResult, nothingToStore } from './build.ts';
import { type BuildFolder, openBuildFolder } from './folder.ts';
import type { RecordRun } from './merged-records.ts';
import type { StoreMetaFile } from './meta.ts';
import { densityOf, PART_COUNT, RecordSorter, sortCapacity } from './record-sorter.ts';
import { recordWords } from './records.ts';
import { RECORDS_FILE, type StoreSlice } from './slice.ts';
import { dropDuplicates, sortRecords } from './sort.ts';
import { writeVersion } from './version-writer.ts';

export interface MergeSlicesOptions {
  /** Folders of slices, or folders that have such in them. */
  readonly paths: readonly string[];
  /** The store's folder. */
  readonly output: string;
  readonly memoryMb: number;
  /** Told where all scores come from, before work starts; gives their origins. What it throws ends the work. */
  readonly unite: (sides: readonly ScoreSide[]) => ScoreOrigins;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

const MEBIBYTE = 2 ** 20;
/** Bits that all records of a part have in common. */
const PART_BITS = Math.log2(PART_COUNT);

/**
 * Builds the store that one build of all inputs would give, and makes it current: the same blocks and the same checksum.
 * Each part of the hash space is read from all slices, sorted, and the best record of each hash kept.
 *
 * @throws BowerbirdError as `readSlices`; StoreError and others as `buildStore`. Nothing is published then.
 */
export async function mergeSlices(options: MergeSlicesOptions): Promise<BuildResult> {
  const slices = await readSlices<StoreSlice>('store', options.paths);
  const contents = slices.map(({ record }) => record.content);
  const scores = options.unite(contents.flatMap(({ sides }) => sides));
  const folder = await openBuildFolder(resolve(options.output));
  try {
    const meta = await writeMerged(folder, slices, scores, options);
    return { version: await folder.publish(), meta };
  } finally {
    await folder.release();
  }
}

async function writeMerged(
  folder: BuildFolder,
  slices: readonly FoundSlice<StoreSlice>[],
  scores: ScoreOrigins,
  { memoryMb, onProgress, signal }: MergeSlicesOptions,
): Promise<StoreMetaFile> {
  const contents = slices.map(({ record }) => record.content);
  const { columns, precision } = contents[0]!;
  const rowsByPart = sumOf(contents.map((content) => content.rowsByPart));
  const rows = rowsByPart.reduce((sum, count) => sum + count, 0);
  const rowsRead = contents.reduce((sum, content) => sum + content.rowsRead, 0);
  const sources = contents
    .flatMap((content) => content.sources)
    .sort((a, b) => a.place - b.place)
    .map(({ place: _, ...source }) => source);
  if (rows === 0) throw nothingToStore({ sources: () => sources }, columns, rowsRead);
  const reader = new SliceRecords(slices, recordWords(columns.length, precision));
  const total = reader.total;
  let done = 0;
  const runs = function* (): Generator<RecordRun> {
    for (const run of reader.merged({ folder: folder.temporary, memoryBytes: memoryMb * MEBIBYTE })) {
      done += run.taken;
      yield run;
    }
  };
  try {
    return await writeVersion(folder.temporary, {
      columns,
      precision,
      density: densityOf(rowsByPart),
      runs: runs(),
      about: (entries) => ({
        rows: { read: rowsRead, withoutScore: rowsRead - rows, duplicates: rows - entries },
        base: [],
        replaced: 0,
        sources,
        provenance: provenanceJson({ scores }),
      }),
      onRun: () => onProgress?.({ phase: 'writing', rows: done, totalRows: total }),
      signal,
    });
  } finally {
    reader.close();
  }
}

function sumOf(lists: readonly (readonly number[])[]): Float64Array {
  const sum = new Float64Array(PART_COUNT);
  for (const list of lists) for (const [part, count] of list.entries()) sum[part]! += count;
  return sum;
}

/** Sorted, distinct records, and how many of all slices they were. */
interface MergedRun extends RecordRun {
  readonly taken: number;
}

/** The records of all slices, which lie in each in the order of their hashes. */
class SliceRecords {
  /** Of all slices. */
  readonly total: number;
  readonly #words: number;
  readonly #slices: { readonly file: number; readonly byPart: readonly number[]; position: number }[];

  constructor(slices: readonly FoundSlice<StoreSlice>[], words: number) {
    this.#words = words;
    this.#slices = slices.map(({ path, record }) => ({
      file: openSync(join(path, RECORDS_FILE), 'r'),
      byPart: record.content.recordsByPart,
      position: 0,
    }));
    this.total = this.#slices.reduce((sum, { byPart }) => byPart.reduce((all, count) => all + count, sum), 0);
  }

  /** Part by part; what does not fit into memory is split by its next bits, on disk. */
  *merged({
    folder,
    memoryBytes,
  }: {
    readonly folder: string;
    readonly memoryBytes: number;
  }): Generator<MergedRun> {
    const words = this.#words;
    const capacity = sortCapacity(memoryBytes, words);
    const counts = Array.from({ length: PART_COUNT }, (_, part) => this.#countOf(part));
    const most = Math.min(
      capacity,
      counts.reduce((a, b) => Math.max(a, b), 0),
    );
    const [area, target] = [new Uint32Array(most * words), new Uint32Array(most * words)];
    for (const [part, count] of counts.entries()) {
      if (count === 0) continue;
      if (count > capacity) {
        yield* this.#sortLarge(part, { folder, memoryBytes, words });
        continue;
      }
      let at = 0;
      for (const records of this.#read(part, area)) at += records.length;
      sortRecords(area.subarray(0, at), { count, words, sharedBits: PART_BITS }, target);
      yield { records: target, count: dropDuplicates(target, count, words), taken: count };
    }
  }

  close(): void {
    for (const { file } of this.#slices) closeSync(file);
  }

  #countOf(part: number): number {
    return this.#slices.reduce((sum, { byPart }) => sum + byPart[part]!, 0);
  }

  /** The next part's records of each slice, one slice behind the other in `area`, or in its beginning where they do not fit. */
  *#read(part: number, area: Uint32Array): Generator<Uint32Array> {
    let at = 0;
    for (const slice of this.#slices) {
      for (let left = slice.byPart[part]! * this.#words; left > 0; ) {
        if (at === area.length) at = 0;
        const taken = Math.min(left, area.length - at);
        const records = area.subarray(at, at + taken);
        readWhole(
          slice.file,
          new Uint8Array(records.buffer, records.byteOffset, records.byteLength),
          slice.position,
        );
        slice.position += records.byteLength;
        [at, left] = [at + taken, left - taken];
        yield records;
      }
    }
  }

  *#sortLarge(
    part: number,
    options: { readonly folder: string; readonly memoryBytes: number; readonly words: number },
  ): Generator<MergedRun> {
    const sorter = new RecordSorter(options);
    try {
      const area = new Uint32Array(READ_RECORDS * this.#words);
      for (const records of this.#read(part, area)) sorter.add(records, records.length / this.#words);
      for (const run of sorter.sorted()) yield { ...run, taken: run.rows };
    } finally {
      sorter.close();
    }
  }
}

/** Records that are read at a time where a part does not fit. */
const READ_RECORDS = 65_536;

function readWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, position + done);
    if (read === 0) throw new Error('a slice ended before its records');
    done += read;
  }
}
