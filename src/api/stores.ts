import { BowerbirdError } from '../base/errors.ts';
import type { FoundScores, ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import { Store as StoreReader } from '../store/reader.ts';
import { requireOpening } from './filters.ts';
import { hashSample } from './samples.ts';

/** Scores by column; null where the row had none. */
export type StoreScores = Readonly<Partial<Record<Tag, number | null>>>;

/** Scores of many hashes, in their order. */
export type ManyScores = FoundScores;

/** Some entries of a store: their hashes, and float32 scores by column, NaN where there is none. */
export type StoreEntries = ScoreRows;

/**
 * An open hash -> score store. Look-ups are synchronous; a newly published version is taken up within a second. Once it is closed they throw
 * BowerbirdError BB_USAGE.
 */
export interface ScoreStore {
  /** The store's columns, in the order of `ManyScores.columns`. */
  readonly columns: readonly string[];
  /** How many hashes can be found. */
  readonly entryCount: number;
  /** The scores of a hash (an int64); undefined where the store does not have it. */
  get(hash: bigint): StoreScores | undefined;
  /** The scores of many hashes at once. */
  getMany(hashes: BigInt64Array): ManyScores;
  /** The scores of a sample by its URL (of images in files without one: their path) and caption. */
  getSample(url: string, caption?: string | null): StoreScores | undefined;
  /** All entries, in ascending order of their hashes, some thousands at a time. */
  entries(): Iterable<StoreEntries>;
  /** May be called again. */
  close(): Promise<void>;
}

/**
 * Opens a store that `bowerbird store build` made.
 *
 * @throws BowerbirdError BB_USAGE for a path that is no text; BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_ACCESS
 */
export async function openStore(path: string): Promise<ScoreStore> {
  requireOpening(path);
  const opened = await StoreReader.open(path);
  let closing: Promise<void> | undefined;
  const store = (): StoreReader => {
    if (!closing) return opened;
    throw new BowerbirdError('BB_USAGE', `The store ${path} is closed: open it again with openStore.`, {
      fields: { path },
    });
  };
  return {
    get columns() {
      return store().meta.columns;
    },
    get entryCount() {
      return store().entryCount;
    },
    get: (hash) => store().get(hash),
    getMany: (hashes) => store().getMany(hashes),
    getSample: (url, caption) => store().get(hashSample(url, caption)),
    *entries() {
      for (const some of store().entries()) {
        yield some;
        store();
      }
    },
    close() {
      closing ??= opened.close();
      return closing;
    },
  };
}
