import type { Spill } from '../base/spill.ts';
import { FilledTable } from '../tables/filled-table.ts';
import type { SubsetDatabase } from './database.ts';
import { findFollowers, type Leaders, PLACE_WORDS } from './leaders.ts';

/**
 * Goes through rows from the best to the worst (leaders.ts) and makes the table `followers` of the places (`ord`) of those that are
 * near to a better one that is kept. While rows are read, nothing else may run on the connection: so they come after.
 */
export async function fillFollowers(
  database: SubsetDatabase,
  rows: AsyncIterable<Uint32Array>,
  leaders: Leaders,
  rowCount: number,
): Promise<void> {
  const { connection, spillFolder } = database;
  const onProgress = (share: number): void => database.show('comparing pictures', share);
  const followers = await findFollowers(rows, leaders, { spillFolder, onProgress, rowCount });
  try {
    const table = await FilledTable.create(connection, { database: 'temp', table: 'followers' }, [
      { name: 'ord', type: 'BIGINT' },
    ]);
    for (const places of placesIn(followers)) table.append([places]);
    table.close();
  } finally {
    followers.close();
  }
}

function* placesIn(followers: Spill): Generator<BigInt64Array> {
  for (const words of followers.read(0))
    yield new BigInt64Array(words.buffer, words.byteOffset, words.length / PLACE_WORDS);
}
