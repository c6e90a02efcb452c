import { provenanceNotes, type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import { isTag } from '../samples/tags.ts';
import { scoresOfStore } from '../store/provenance.ts';
import { openStore, type Store } from '../store/reader.ts';
import type { TextReading } from '../tables/formats.ts';
import { describeParts, type PlayedPart } from '../tables/played-parts.ts';
import { scoreSides } from '../tables/provenance.ts';
import { textNote } from '../tables/readable.ts';
import {
  type Batch,
  eachGoodPart,
  type OpenedFile,
  planBatches,
  type SkippedFile,
  withRows,
} from './batches.ts';
import { TallyDatabase, type TallyLimits } from './database.ts';
import { TallyError } from './errors.ts';
import type { GroupOrder, Groups } from './group-types.ts';
import { GroupTable } from './groups.ts';
import { resolveInputs, type TallyInputs } from './inputs.ts';
import { type Quantile, QuantileSearch, type Share } from './quantiles.ts';
import { readScores } from './read-scores.ts';
import { RowTally } from './row-tally.ts';
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

/** What a count found. */
export interface CountResult {
  readonly inputs: TallyInputs;
  readonly tally: Tally;
  readonly quantiles: readonly Quantile[];
  readonly groups: Groups | undefined;
  readonly skipped: readonly SkippedFile[];
  /** Which columns of the files hold the scores. */
  readonly parts: readonly PlayedPart[];
  /** What to say of lines that break their format. */
  readonly notes: readonly string[];
  /** Whether all that was counted has URLs. */
  readonly hasUrls: boolean;
  /** Where the scores come from. */
  readonly provenance: ScoreOrigins;
}

/**
 * Counts scores over files, run folders and stores: one look at the tags, one at the groups where they are asked
 * for, one at the scores for quantiles. The result does not depend on threads or on the order of the inputs.
 *
 * @throws BowerbirdError BB_PROVENANCE_MIXED; TallyError for a file that cannot be counted, unless bad files are skipped; the signal's reason
 */
export async function countScoresOf(options: CountOptions): Promise<CountResult> {
  const inputs = await resolveInputs(options.inputs, options);
  refuseGroupsOfStores(inputs, options.by);
  const database = await TallyDatabase.open(options, options.signal);
  const stores: Store[] = [];
  try {
    for (const path of inputs.stores) stores.push(await openStore(path));
    return await new Count(options, inputs, database, stores).run();
  } finally {
    for (const store of stores) await store.close();
    await database.close();
  }
}

function refuseGroupsOfStores({ stores }: TallyInputs, by: string | undefined): void {
  if (by === undefined || stores.length === 0) return;
  throw new TallyError(
    'BB_USAGE',
    `${stores[0]} is a store, and a store has hashes and scores only: --by needs the tags that it was built from.`,
  );
}

class Count {
  readonly #options: CountOptions;
  readonly #inputs: TallyInputs;
  readonly #database: TallyDatabase;
  readonly #stores: readonly Store[];
  readonly #tally = new Tally();
  readonly #digits = new HighDigits();
  readonly #skipped: SkippedFile[] = [];
  /** What the first look read without an error. */
  readonly #read: Batch[] = [];
  #files = 0;
  #rows = 0;

  constructor(options: CountOptions, inputs: TallyInputs, database: TallyDatabase, stores: readonly Store[]) {
    this.#options = options;
    this.#inputs = inputs;
    this.#database = database;
    this.#stores = stores;
  }

  async run(): Promise<CountResult> {
    const { by, top, order, shares, signal } = this.#options;
    const onBadFile = (path: string, error: TallyError): void => this.#passOver(path, error);
    const opened: OpenedFile[] = [];
    const onOpened = (files: number, file: OpenedFile | undefined): void => {
      if (file) opened.push(file);
      this.#report('opening', files);
    };
    const { files } = this.#inputs;
    const batches = await planBatches(this.#database, files, this.#options, { onBadFile, onOpened });
    const provenance = this.#uniteScores(opened);
    const groups = by === undefined ? undefined : await GroupTable.create(this.#database);
    for (const batch of batches) {
      const count = (part: Batch) => withRows(this.#database, part, () => this.#countBatch(part, groups));
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
      inputs: this.#inputs,
      tally: this.#tally,
      quantiles: await this.#findQuantiles(shares),
      groups: await groups?.top(order, top),
      skipped: this.#skipped,
      parts: partsOf(opened),
      notes: [
        ...this.#inputs.notes,
        ...opened.flatMap(({ table }) => textNote(table) ?? []),
        ...provenanceNotes(provenance),
      ],
      provenance,
      hasUrls: this.#stores.length === 0 && this.#read.every(({ expressions }) => expressions.hasUrl),
    };
  }

  #uniteScores(opened: readonly OpenedFile[]): ScoreOrigins {
    const files = opened.map(({ table, columns }) => ({ ...table, columns: { ...columns } }));
    const stores = this.#stores.map((store): ScoreSide => {
      const metas = store.versions.map(({ meta }) => meta);
      return { path: store.path, scores: scoresOfStore(metas) };
    });
    return uniteScores([...scoreSides(files), ...stores], this.#options.isMixAllowed === true);
  }

  async #countBatch(batch: Batch, groups: GroupTable | undefined): Promise<void> {
    const counted = await countBatch(this.#database, batch);
    // Before its counts are taken: where this fails, neither stays.
    await groups?.add(batch);
    this.#tally.merge(counted.tally);
    this.#digits.merge(counted.digits);
    this.#read.push(batch);
    this.#advance(batch.files.length, counted.tally.rows);
  }

  async #findQuantiles(shares: readonly Share[]): Promise<Quantile[]> {
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

/** Files may call a score by different names: there is an entry for each. */
function partsOf(opened: readonly OpenedFile[]): PlayedPart[] {
  const groups = new Map<string, OpenedFile[]>();
  for (const file of opened) {
    const key = JSON.stringify(file.columns);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].flatMap((files) =>
    describeParts(
      files.map(({ table }) => table),
      { columns: files[0]!.columns, empty: {} },
      files.map(({ missing }) => missing),
    ).filter(({ part }) => isTag(part)),
  );
}

interface CountedBatch {
  readonly tally: Tally;
  readonly digits: HighDigits;
}

async function countBatch(database: TallyDatabase, batch: Batch): Promise<CountedBatch> {
  const counted = new RowTally();
  const digits = new HighDigits();
  for await (const { rowCount, tags, nullScores, failed } of readScores(database, batch)) {
    counted.add(rowCount, tags, nullScores);
    counted.addFailed(failed);
    digits.add(tags.aesthetic!);
  }
  return { tally: counted.finish(), digits };
}

async function* batchScores(database: TallyDatabase, batch: Batch): AsyncGenerator<Float32Array> {
  for await (const { tags } of readScores(database, batch, ['aesthetic'])) yield tags.aesthetic!;
}
