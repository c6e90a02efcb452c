import { setImmediate } from 'node:timers/promises';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { TagName } from '../samples/tags.ts';
import { BUCKET_NAMES, bucketOf } from '../scores/bucket-names.ts';
import type { WhatIfCube } from '../scores/what-if.ts';
import { SumOfValues } from './exact-sum.ts';
import { Tally } from './tally.ts';

const ROWS_PER_TURN = 2 ** 18;
const MAX_SCORES = 500_000;

/**
 * Counts batches of entries; a column that the store does not have is missing in every row.
 *
 * @param onRows called every now and then with the rows since the last call
 */
export async function tallyEntries(
  columns: readonly TagName[],
  batches: Iterable<ScoreRows>,
  onRows: (rows: number) => void,
): Promise<Tally> {
  const tally = new Tally();
  const counts = new Float64Array(BUCKET_NAMES.length);
  const sums = BUCKET_NAMES.map(() => new SumOfValues());
  let rows = 0;
  for (const { hashes, columns: values } of batches) {
    const of = (name: string): Float32Array | undefined => values[columns.indexOf(name)];
    const [aesthetic, punsafe, pwatermark] = [of('aesthetic'), of('punsafe'), of('pwatermark')];
    for (let i = 0; i < hashes.length; i++) {
      const score = aesthetic?.[i] ?? Number.NaN;
      addTo(tally.cube, score, punsafe?.[i], pwatermark?.[i]);
      if (Number.isNaN(score)) {
        tally.states.nullScores++;
        continue;
      }
      tally.states.scored++;
      const place = BUCKET_NAMES.indexOf(bucketOf(score));
      counts[place]!++;
      sums[place]!.add(score);
    }
    rows += hashes.length;
    if (rows < ROWS_PER_TURN) continue;
    onRows(rows);
    rows = 0;
    // Signals get their turn.
    await setImmediate();
  }
  onRows(rows);
  for (const [place, count] of counts.entries()) tally.addToBucket(place, count, sums[place]!.sum);
  return tally;
}

function addTo(cube: WhatIfCube, aesthetic: number, punsafe = Number.NaN, pwatermark = Number.NaN): void {
  cube.add({ aesthetic, punsafe, pwatermark });
}

/** The scores of a store that `isWanted`, with how often each comes, some at a time. */
export function* countScores(
  columns: readonly TagName[],
  batches: Iterable<ScoreRows>,
  isWanted: (score: number) => boolean,
): Generator<ReadonlyMap<number, number>> {
  const place = columns.indexOf('aesthetic');
  let counts = new Map<number, number>();
  for (const { columns: values } of batches) {
    for (const score of values[place] ?? []) {
      if (!Number.isNaN(score) && isWanted(score)) counts.set(score, (counts.get(score) ?? 0) + 1);
    }
    if (counts.size > MAX_SCORES) {
      yield counts;
      counts = new Map();
    }
  }
  yield counts;
}
