import { setImmediate } from 'node:timers/promises';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { TagName } from '../samples/tags.ts';
import { RowTally } from './row-tally.ts';
import type { HighDigits } from './score-digits.ts';
import type { Tally } from './tally.ts';

const ROWS_PER_TURN = 2 ** 18;

/**
 * Counts batches of entries; a column that the store does not have is missing in every row.
 *
 * @param digits takes the scores too
 * @param onRows called every now and then with the rows since the last call
 */
export async function tallyEntries(
  columns: readonly TagName[],
  batches: Iterable<ScoreRows>,
  digits: HighDigits,
  onRows: (rows: number) => void,
): Promise<Tally> {
  const counted = new RowTally();
  let rows = 0;
  for (const { hashes, columns: values } of batches) {
    const of = (name: string): Float32Array | undefined => values[columns.indexOf(name)];
    const aesthetic = of('aesthetic');
    const tags = { aesthetic, punsafe: of('punsafe'), pwatermark: of('pwatermark') };
    counted.add(hashes.length, tags, 'all');
    if (aesthetic) digits.add(aesthetic);
    rows += hashes.length;
    if (rows < ROWS_PER_TURN) continue;
    onRows(rows);
    rows = 0;
    // Signals get their turn.
    await setImmediate();
  }
  onRows(rows);
  return counted.finish();
}

/** The scores of a store, some at a time. */
export function* scoresOf(
  columns: readonly TagName[],
  batches: Iterable<ScoreRows>,
): Generator<Float32Array> {
  const place = columns.indexOf('aesthetic');
  for (const { columns: values } of batches) if (values[place]) yield values[place];
}
