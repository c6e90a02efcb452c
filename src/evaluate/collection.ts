import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { SampleName } from '../feedback/answer.ts';
import { drawEmbedded, Reservoir } from '../learn/embedded-samples.ts';
import { randomBits, uniform } from '../learn/random.ts';
import { midranks, ranked } from '../metrics/ranks.ts';
import { readNamedScores } from '../tables/named-scores.ts';
import { scoreCandidates } from './candidates.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';

/** What the heads are for: samples of the whole collection, answered or not, that all of them score. */
export interface Collection {
  /** How many rows it was drawn from. */
  readonly rows: number;
  readonly names: readonly SampleName[];
  /** By candidate: float64 by the names. */
  readonly scores: readonly Float64Array[];
  /** By candidate: float64 by the names: the share of samples with a lower score, ties by halves; from 0 to 1. */
  readonly ranks: readonly Float64Array[];
}

const MEMORY_LIMIT_MB = 512;

/**
 * Draws samples of the collection, of the embeddings or else of the first table of scores, and scores them.
 *
 * @returns null where none are wanted, or all heads together score none
 * @throws as `drawEmbedded`, `readNamedScores` and `scoreCandidates`
 */
export async function drawCollection(
  options: EvaluateOptions,
  progress: EvaluateProgress,
): Promise<Collection | null> {
  const { collectionRows, seed, embeddings, embeddingColumn, hashColumn } = options;
  if (collectionRows === 0) return null;
  const bits = randomBits(`collection ${seed}`);
  const reservoir = new Reservoir<SampleName>(collectionRows, () => uniform(bits));
  // All that is to be said of the inputs was said when the answered samples were looked for.
  const quiet = { ...progress, note: () => undefined };
  if (embeddings.length > 0)
    await drawEmbedded(
      {
        ...{ inputs: embeddings, embeddingColumn, hashColumn, signal: progress.signal, onNote: quiet.note },
        onProgress: (done, total) => progress.advance('drawing samples', done, total, 'rows'),
      },
      reservoir,
    );
  else await drawScored(options, quiet, reservoir);
  const names = reservoir.items();
  const { candidates } = await scoreCandidates(names, options, quiet);
  const places = [...names.keys()].filter((place) =>
    candidates.every(({ scores }) => !Number.isNaN(scores[place]!)),
  );
  if (places.length === 0) return null;
  const scores = candidates.map((candidate) =>
    Float64Array.from(places, (place) => candidate.scores[place]!),
  );
  return {
    rows: reservoir.passed,
    names: places.map((place) => names[place]!),
    scores,
    ranks: scores.map((own) => midranks(ranked(own)).map((rank) => (rank - 0.5) / own.length)),
  };
}

async function drawScored(
  { scoreColumns: [first], hashColumn }: EvaluateOptions,
  { signal, note, advance }: EvaluateProgress,
  reservoir: Reservoir<SampleName>,
): Promise<void> {
  const temporaryFolder = await makeTemporaryFolder('evaluate');
  const { path, column } = first!;
  try {
    const options = { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder };
    for await (const { hashes, keys, scores } of readNamedScores(
      { path, column, hashColumn, onNote: note },
      options,
    )) {
      signal?.throwIfAborted();
      for (const [row, score] of scores.entries()) {
        const [hash, key] = [hashes?.[row] ?? undefined, keys?.[row] ?? undefined];
        if (Number.isNaN(score) || (hash === undefined && key === undefined)) continue;
        reservoir.add(() => ({
          ...(hash !== undefined && { hash: String(hash) }),
          ...(key !== undefined && { key }),
        }));
      }
      advance('drawing samples', reservoir.passed, undefined, 'rows');
    }
  } finally {
    await remove(temporaryFolder);
  }
}
