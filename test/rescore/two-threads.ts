import type { BlockResult } from '../../src/rescore/block-scorer.ts';
import { loadHeads } from '../../src/rescore/head-set.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';
import { ScoringThreads } from '../../src/rescore/scoring-threads.ts';
import { aestheticHead } from './setup.ts';

/** Two threads for a head, and what has each of them score half of the rows of a file. */
export async function twoThreads(head: string, path: string) {
  const source = aestheticHead(head);
  const [loaded] = await loadHeads([source]);
  const threads = new ScoringThreads(2, {
    pins: [{ ...source, digest: loaded!.head.digest }],
    ...{ bucketHead: 0, requireUnitNorm: true, normalise: false },
  });
  const layout = readNpyLayout(path);
  const half = layout.rowCount / 2;
  const score = (): Promise<BlockResult>[] =>
    [0, half].map((firstRow) => threads.score({ path, layout, firstRow, rowCount: half }));
  return { threads, score };
}
