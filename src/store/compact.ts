import { resolve } from 'node:path';
import { provenanceJson } from '../samples/provenance/provenance.ts';
import type { BuildProgress, BuildResult } from './build.ts';
import { openBuildFolder } from './folder.ts';
import { mergedRecords, type RecordRun } from './merged-records.ts';
import type { StoreMeta } from './meta.ts';
import { scoresOfStore } from './provenance.ts';
import { openStore, type Store } from './reader.ts';
import { writeVersion } from './version-writer.ts';

export interface CompactOptions {
  /** The store's folder. */
  readonly store: string;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes a store with deltas anew as one version with the same entries. Undefined where there is nothing to do: the
 * store has no deltas.
 *
 * @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_LOCKED, BB_STORE_ACCESS; BowerbirdError
 *   BB_DISK_FULL; the signal's reason when it is aborted. Nothing is published then.
 */
export async function compactStore(options: CompactOptions): Promise<BuildResult | undefined> {
  const path = resolve(options.store);
  await (await openStore(path)).close();
  const folder = await openBuildFolder(path);
  try {
    const store = await openStore(path);
    try {
      if (store.versions.length === 1) return undefined;
      const meta = await writeVersion(folder.temporary, contentOf(store, options));
      return { version: await folder.publish(), meta };
    } finally {
      await store.close();
    }
  } finally {
    await folder.release();
  }
}

function contentOf(store: Store, { onProgress, signal }: CompactOptions): Parameters<typeof writeVersion>[1] {
  const metas = store.versions.map(({ meta }) => meta);
  const { columns, precision } = store.meta;
  let done = 0;
  const runs = function* (): Generator<RecordRun> {
    for (const run of mergedRecords(store.versions)) {
      done += run.count;
      yield run;
    }
  };
  return {
    columns,
    precision,
    // Hashes of all versions are spread over the same space; those that were replaced count once.
    density: (sumOf(metas, 'density') * store.entryCount) / Math.max(1, sumOf(metas, 'entries')),
    runs: runs(),
    about: () => ({
      rows: {
        read: metas.reduce((sum, { rows }) => sum + rows.read, 0),
        withoutScore: metas.reduce((sum, { rows }) => sum + rows.withoutScore, 0),
        duplicates: metas.reduce((sum, { rows, replaced }) => sum + rows.duplicates + replaced, 0),
      },
      base: [],
      replaced: 0,
      sources: metas.toReversed().flatMap(({ sources }) => sources),
      provenance: provenanceJson({ scores: scoresOfStore(metas) }),
    }),
    onRun: () => onProgress?.({ phase: 'writing', rows: done, totalRows: store.entryCount }),
    signal,
  };
}

function sumOf(metas: readonly StoreMeta[], field: 'density' | 'entries'): number {
  return metas.reduce((sum, meta) => sum + meta[field], 0);
}
