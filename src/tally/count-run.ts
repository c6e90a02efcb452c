import { type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import { scoresOfStore } from '../store/provenance.ts';
import type { Store } from '../store/reader.ts';
import type { TextReading } from '../tables/formats.ts';
import { groupSides, sideOf } from '../tables/provenance.ts';
import {
  type Batch,
  eachGoodPart,
  type OpenedFile,
  planBatches,
  type SkippedFile,
  withRows,
} from './batches.ts';
import type { TallyDatabase, TallyLimits } from './database.ts';
import type { TallyError } from './errors.ts';
import type { GroupOrder } from './group-types.ts';
import { GroupTable } from './groups.ts';
import type { TallyInputs } from './inputs.ts';
import { type Looked, lookedFile } from './looked.ts';
import { type Quantile, QuantileSearch, type Share } from './quantiles.ts';
import { readScores } from './read-scores.ts';
import { RowTally } from './row-tally.ts';
import type { ScoreCounts } from './score-counts.ts';
import { HighDigits } from './score-digits.ts';
import { scoresOf, tallyEntries } from './store-rows.ts';
import { Tally } from './tally.ts';

export interface CountOptions extends TallyLimits, TextReading {
  readonly inputs: readonly string[];
  readonly shares: readonly Share[];
  /** A column's name, or `domain`. */
  readonly by: string | undefined;
  readonly urlColumn: string | undefined;
  readonly top: number;
  readonly order: GroupOrder;
  readonly skipBadFiles: boolean;
  /** Whether scores of several origins may be counted as one. */
  readonly isMixAllowed?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CountProgress) => void;
}

/** How far a count is. */
export interface CountProgress {
  readonly phase: 'opening' | 'counting' | 'quantiles';
  readonly files: number;
  readonly totalFiles: number;
  readonly rows: number;
}

/** A count while it goes. */
export class CountRun {
  /** Sums by group, where they are asked for. */
  groups: GroupTable | undefined;
  readonly #options: CountOptions;
  readonly #inputs: TallyInputs;
  readonly #database: TallyDatabase;
  readonly #stores: readonly Store[];
  readonly #tally = new Tally();
  readonly #digits = new HighDigits();
  /** Of the batch that is being read: where it fails, they do not count. */
  readonly #batchDigits = new HighDigits();
  readonly #skipped: SkippedFile[] = [];
  /** What the first look read without an error. */
  readonly #read: Batch[] = [];
  #files = 0;
  #rows = 0;

  constructor(
    options: CountOptions,
    inputs: TallyInputs,
    { database, stores }: { readonly database: TallyDatabase; readonly stores: readonly Store[] },
  ) {
    this.#options = options;
    this.#inputs = inputs;
    this.#database = database;
    this.#stores = stores;
  }

  /** Counts all rows. @throws as `countScoresOf` */
  async look(): Promise<Looked> {
    const { by, signal } = this.#options;
    const onBadFile = (path: string, error: TallyError): void => this.#passOver(path, error);
    const opened: OpenedFile[] = [];
    const onOpened = (files: number, file: OpenedFile | undefined): void => {
      if (file) opened.push(file);
      this.#report('opening', files);
    };
    const { files } = this.#inputs;
    const batches = await planBatches(this.#database, files, this.#options, { onBadFile, onOpened });
    const sides = this.#sidesOf(opened);
    const skippedAtFirst = this.#skipped.length;
    if (by !== undefined) this.groups = await GroupTable.create(this.#database);
    for (const batch of batches) {
      const count = (part: Batch) =>
        withRows(this.#database, part, () => this.#countBatch(part, this.groups));
      await eachGoodPart(batch, count, onBadFile, signal);
    }
    for (const store of this.#stores) {
      const add = (rows: number): void => {
        signal.throwIfAborted();
        this.#advance(0, rows);
      };
      this.#tally.merge(await tallyEntries(store.meta.columns, store.entries(), this.#digits, add));
    }
    return {
      tally: this.#tally,
      files: opened.map(lookedFile),
      skipped: this.#skipped,
      skippedAtFirst,
      ...sides,
      hasUrls: this.#stores.length === 0 && this.#read.every(({ expressions }) => expressions.hasUrl),
    };
  }

  /** @throws BowerbirdError BB_PROVENANCE_MIXED, before a row is read */
  #sidesOf(opened: readonly OpenedFile[]): Pick<Looked, 'sides' | 'storeSides'> {
    const parts = opened.flatMap(({ table, columns }) => {
      const side = sideOf({ ...table, columns: { ...columns } });
      return side ? [{ ...side, firstFile: table.path }] : [];
    });
    const firstFiles = new Map([...parts].reverse().map(({ path, firstFile }) => [path, firstFile]));
    const sides = groupSides(parts).map((side) => ({ ...side, firstFile: firstFiles.get(side.path)! }));
    const storeSides = this.#stores.map((store): ScoreSide => {
      const metas = store.versions.map(({ meta }) => meta);
      return { path: store.path, scores: scoresOfStore(metas) };
    });
    uniteScores([...sides, ...storeSides], this.#options.isMixAllowed === true);
    return { sides, storeSides };
  }

  async #countBatch(batch: Batch, groups: GroupTable | undefined): Promise<void> {
    const counted = await countBatch(this.#database, batch, this.#batchDigits);
    // Before its counts are taken: where this fails, neither stays.
    await groups?.add(batch);
    this.#tally.merge(counted);
    this.#digits.merge(this.#batchDigits);
    this.#read.push(batch);
    this.#advance(batch.files.length, counted.rows);
  }

  /** Looks at the scores once more. @throws TallyError BB_SHARD_READ; the signal's reason */
  async findQuantiles(shares: readonly Share[]): Promise<Quantile[]> {
    const search = new QuantileSearch(this.#digits, shares);
    if (!search.isNeeded) return [];
    [this.#files, this.#rows] = [0, this.#tally.rows];
    const fail = (_path: string, error: TallyError): void => {
      throw error;
    };
    const { signal } = this.#options;
    for (const batch of this.#read) {
      const look = (part: Batch) =>
        withRows(this.#database, part, () => search.add(batchScores(this.#database, part)));
      await eachGoodPart(batch, look, fail, signal);
      this.#files += batch.files.length;
      this.#report('quantiles');
    }
    for (const store of this.#stores) {
      await search.add(scoresOf(store.meta.columns, store.entries()));
      signal.throwIfAborted();
    }
    return search.find();
  }

  /** Adds all scores to counts of each. @throws as `findQuantiles` */
  async addScoresTo(counts: ScoreCounts): Promise<void> {
    const fail = (_path: string, error: TallyError): void => {
      throw error;
    };
    [this.#files, this.#rows] = [0, this.#tally.rows];
    for (const batch of this.#read) {
      const add = (part: Batch) => withRows(this.#database, part, () => counts.addBatch(part));
      await eachGoodPart(batch, add, fail, this.#options.signal);
      this.#files += batch.files.length;
      this.#report('quantiles');
    }
    for (const store of this.#stores) {
      await counts.addScores(scoresOf(store.meta.columns, store.entries()));
      this.#options.signal.throwIfAborted();
    }
  }

  /** The database that it counts with. */
  get database(): TallyDatabase {
    return this.#database;
  }

  #passOver(path: string, error: TallyError): void {
    if (!this.#options.skipBadFiles) throw error;
    this.#skipped.push({ path, reason: error.message });
    this.#advance(1, 0);
  }

  #advance(files: number, rows: number): void {
    this.#files += files;
    this.#rows += rows;
    this.#report('counting');
  }

  #report(phase: CountProgress['phase'], files: number = this.#files): void {
    const { onProgress } = this.#options;
    onProgress({ phase, files, totalFiles: this.#inputs.files.length, rows: this.#rows });
  }
}

/** @param digits takes the scores too, in the place of what it held */
async function countBatch(database: TallyDatabase, batch: Batch, digits: HighDigits): Promise<Tally> {
  const counted = new RowTally();
  digits.clear();
  for await (const { rowCount, tags, nullScores, failed } of readScores(database, batch)) {
    counted.add(rowCount, tags, nullScores);
    counted.addFailed(failed);
    digits.add(tags.aesthetic!);
  }
  return counted.finish();
}

async function* batchScores(database: TallyDatabase, batch: Batch): AsyncGenerator<Float32Array> {
  for await (const { tags } of readScores(database, batch, ['aesthetic'])) yield tags.aesthetic!;
}
