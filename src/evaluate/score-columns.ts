import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { SampleName } from '../feedback/answer.ts';
import { type NamedScores, readNamedScores } from '../tables/named-scores.ts';
import type { EvaluateOptions, EvaluateProgress, ScoreColumn } from './options.ts';

const MEMORY_LIMIT_MB = 512;

/** Published scores of samples. */
export interface ColumnScores extends ScoreColumn {
  /** float64 by the samples' numbers; NaN where there is none. */
  readonly scores: Float64Array;
  /** The table's own hashes of samples that it was found by the key. */
  readonly hashes: ReadonlyMap<number, bigint>;
}

/** Reads published scores of samples, found by their hash, else by their key; of several rows of a sample the first with a score. @throws as `readNamedScores` */
export async function joinScores(
  samples: readonly SampleName[],
  { scoreColumns, hashColumn }: Pick<EvaluateOptions, 'scoreColumns' | 'hashColumn'>,
  { signal, note, advance }: EvaluateProgress,
): Promise<ColumnScores[]> {
  if (scoreColumns.length === 0) return [];
  const join = new Join(samples);
  const temporaryFolder = await makeTemporaryFolder('evaluate');
  const joined: ColumnScores[] = [];
  try {
    for (const { path, column } of scoreColumns) {
      const found = {
        path,
        column,
        scores: new Float64Array(samples.length).fill(Number.NaN),
        hashes: new Map(),
      };
      const request = { path, column, hashColumn, onNote: note };
      let rows = 0;
      for await (const part of readNamedScores(request, {
        memoryLimitMb: MEMORY_LIMIT_MB,
        temporaryFolder,
      })) {
        signal?.throwIfAborted();
        join.take(part, found);
        rows += part.scores.length;
        advance(`reading ${column}`, rows, undefined, 'rows');
      }
      joined.push(found);
    }
    return joined;
  } finally {
    await remove(temporaryFolder);
  }
}

class Join {
  readonly #byHash = new Map<bigint, number>();
  readonly #byKey = new Map<string, number>();

  constructor(samples: readonly SampleName[]) {
    for (const [sample, { hash, key }] of samples.entries()) {
      if (hash !== undefined) this.#byHash.set(BigInt(hash), sample);
      if (key !== undefined && !this.#byKey.has(key)) this.#byKey.set(key, sample);
    }
  }

  take(
    { scores, hashes, keys }: NamedScores,
    found: { readonly scores: Float64Array; readonly hashes: Map<number, bigint> },
  ): void {
    for (const [row, score] of scores.entries()) {
      const hash = hashes?.[row] ?? undefined;
      const key = keys?.[row] ?? undefined;
      const byHash = hash === undefined ? undefined : this.#byHash.get(hash);
      const sample = byHash ?? (key === undefined ? undefined : this.#byKey.get(key));
      if (sample === undefined || !Number.isNaN(found.scores[sample]!)) continue;
      found.scores[sample] = score;
      if (hash !== undefined && byHash === undefined) found.hashes.set(sample, hash);
    }
  }
}
