import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { addToStore } from '../../src/store/add.ts';
import { type BuildProgress, buildStore } from '../../src/store/build.ts';
import { compactStore } from '../../src/store/compact.ts';
import { inBatches, randomHashes } from './rows.ts';

export type WriteMode = 'build' | 'add' | 'compact';

/** What is written: of the random hashes the first `rows`, all with one score. */
export interface StoreWork {
  readonly mode: WriteMode;
  readonly path: string;
  readonly rows: number;
  readonly score: number;
}

interface Watching {
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly betweenBatches?: () => Promise<unknown>;
}

/** Builds, extends or compacts a store. */
export async function writeStore(
  work: StoreWork,
  { onProgress, betweenBatches }: Watching = {},
): Promise<void> {
  const { mode, path, score } = work;
  const watching = onProgress && { onProgress };
  if (mode === 'compact') {
    await compactStore({ store: path, ...watching });
    return;
  }
  const hashes = randomHashes(work.rows, 1);
  const all = { hashes, columns: [new Float32Array(hashes.length).fill(score)] };
  const rows = async function* (): AsyncGenerator<ScoreRows> {
    for await (const batch of inBatches(all)) {
      yield batch;
      await betweenBatches?.();
    }
  };
  const input = { rows: rows(), memoryMb: 64, ...watching };
  if (mode === 'add') await addToStore({ store: path, ...input });
  else await buildStore({ output: path, columns: ['aesthetic'], precision: 'float16', ...input });
}
