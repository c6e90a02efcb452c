import { itemsOf } from '../tables/chunk.ts';
import type { SubsetDatabase } from './database.ts';
import { BEST_FIRST, type RankedRows } from './dedup-rank.ts';
import { fillFollowers } from './followers-table.ts';
import { PhashLeaders } from './phash-leaders.ts';

/** For the hashes of kept pictures and what finds them. */
const LEADER_BYTES = 192 * 2 ** 20;

/** Makes the table `followers`: rows whose perceptual hash differs in at most `distance` bits from that of a better kept one. */
export async function phashFollowers(
  database: SubsetDatabase,
  distance: number,
  rows: RankedRows,
): Promise<void> {
  const leaders = new PhashLeaders(distance, rows.rowCount, LEADER_BYTES);
  await fillFollowers(database, recordsOf(database, rows, leaders.words), leaders, rows.rowCount);
}

async function* recordsOf(
  database: SubsetDatabase,
  { sql, rowCount }: RankedRows,
  words: number,
): AsyncGenerator<Uint32Array> {
  const query = `SELECT ord, key FROM ${sql} ORDER BY ${BEST_FIRST}`;
  for await (const chunk of database.stream({ phase: 'comparing pictures', sql: query, rowCount })) {
    const records = new Uint32Array(chunk.rowCount * words);
    const numbers = new BigInt64Array(records.buffer);
    const [places, keys] = [itemsOf<BigInt64Array>(chunk, 0), itemsOf<BigInt64Array>(chunk, 1)];
    for (let row = 0; row < chunk.rowCount; row++) {
      numbers[2 * row] = places[row]!;
      numbers[2 * row + 1] = keys[row]!;
    }
    yield records;
  }
}
