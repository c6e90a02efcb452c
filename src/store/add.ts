import { resolve } from 'node:path';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import { type BuildResult, type RowInput, writeRows } from './build.ts';
import { openBuildFolder } from './folder.ts';
import type { BaseVersion } from './meta.ts';
import { scoresOfStore } from './provenance.ts';
import { openStore, type Store } from './reader.ts';
import type { SortedRecords } from './record-sorter.ts';
import { unpackRecords } from './records.ts';

export interface AddOptions extends RowInput {
  /** The store's folder. */
  readonly store: string;
  /** Told where the scores of the store come from, before a row is asked for; what it throws ends the work. */
  readonly onStore?: (side: ScoreSide) => void;
}

/**
 * Adds rows to a store as a delta: a version that lies on those before and hides their entries of the same hashes. It
 * costs what its rows cost, whatever the size of the store. Columns and precision are the store's. A row whose scores
 * are all null changes nothing.
 *
 * @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_LOCKED, BB_STORE_ACCESS, BB_STORE_CLUSTERED;
 *   BowerbirdError BB_DISK_FULL; the signal's reason when it is aborted. Nothing is published then.
 */
export async function addToStore(options: AddOptions): Promise<BuildResult> {
  const path = resolve(options.store);
  // Whether there is a store is told before its folder is touched; the lock makes sure that it stays the current one.
  await (await openStore(path)).close();
  const folder = await openBuildFolder(path);
  try {
    const store = await openStore(path);
    try {
      const metas = store.versions.map(({ meta }) => meta);
      options.onStore?.({ path, scores: scoresOfStore(metas) });
      const counter = new ReplacedCounter(store);
      const meta = await writeRows(folder, options, store.meta, {
        base: versionsOf(store),
        watch: (sorted) => counter.watch(sorted),
        replaced: () => counter.replaced,
      });
      return { version: await folder.publish(), meta };
    } finally {
      await store.close();
    }
  } finally {
    await folder.release();
  }
}

/** The versions of an open store, oldest first. */
function versionsOf(store: Store): BaseVersion[] {
  return store.versions.map(({ name, meta }) => ({ version: name, checksum: meta.checksum })).reverse();
}

/** Counts how many entries the store below has already. */
class ReplacedCounter {
  replaced = 0;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  *watch(sorted: Iterable<SortedRecords>): Generator<SortedRecords> {
    const { columns, precision } = this.#store.meta;
    for (const run of sorted) {
      const { hashes } = unpackRecords(run.records, run.count, columns.length, precision);
      for (const found of this.#store.getMany(hashes).found) this.replaced += found;
      yield run;
    }
  }
}
