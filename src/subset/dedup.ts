import type { CodeCount, DedupCounts } from './account.ts';
import type { SubsetDatabase } from './database.ts';
import { embeddingFollowers } from './dedup-embeddings.ts';
import type { Dedup } from './dedup-options.ts';
import { phashFollowers } from './dedup-phash.ts';
import { BEST_FIRST, type RankedRows, rankRows } from './dedup-rank.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';

/** Settings of a subset without duplicates. */
export type DedupOptions = SubsetOptions & { readonly dedup: Dedup };

/**
 * Of the rows in the table `chosen` drops those that are near to a better one that is kept. Each selection is looked at by itself: a
 * row that its rules drop stands for nobody. A row that no selection keeps any more leaves the table.
 *
 * @returns the counts of each selection
 */
export async function dropDuplicates(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: DedupOptions,
): Promise<readonly DedupCounts[]> {
  await database.run('ranking rows', rankRows(plan));
  await database.rows('CREATE TEMP TABLE dropped (ord BIGINT, bit UTINYINT)');
  const counts: DedupCounts[] = [];
  for (const selection of options.selections.keys()) {
    const bit = 1 << selection;
    const rowsWithoutKey = await dropFrom(database, plan, options, bit);
    counts.push({ dropped: await countDropped(database, bit), rowsWithoutKey });
  }
  await database.run('dropping duplicates', WITHOUT_DROPPED);
  for (const table of ['chosen', 'ranked', 'dropped']) await database.rows(`DROP TABLE ${table}`);
  await database.rows('ALTER TABLE deduped RENAME TO chosen');
  return counts;
}

const WITHOUT_DROPPED = `CREATE TEMP TABLE deduped AS
  SELECT * FROM (
    SELECT c.* REPLACE ((c.mask & ~coalesce(d.bits, 0)::UTINYINT)::UTINYINT AS mask)
    FROM chosen AS c LEFT JOIN (SELECT ord, bit_or(bit) AS bits FROM dropped GROUP BY ord) AS d ON c.ord = d.ord
  ) WHERE mask <> 0`;

/** Notes in the table `dropped` what one selection drops; gives its rows that have nothing to be compared by. */
async function dropFrom(
  database: SubsetDatabase,
  plan: SubsetPlan,
  { dedup }: DedupOptions,
  bit: number,
): Promise<number> {
  const all = `(SELECT ord, score, key FROM ranked WHERE (mask & ${bit}) <> 0)`;
  const rows = await countRows(database, all);
  const drop = (followers: string): Promise<void> =>
    database.run('finding duplicates', `INSERT INTO dropped SELECT ord, ${bit} FROM (${followers})`);
  if (dedup.by === 'embedding') {
    const compared = await embeddingFollowers(database, plan, dedup, { sql: all, rowCount: rows });
    await drop('SELECT ord FROM followers');
    return rows - compared;
  }
  const keyed = `(SELECT * FROM ${all} WHERE key IS NOT NULL)`;
  const place = `row_number() OVER (PARTITION BY key ORDER BY ${BEST_FIRST})`;
  await drop(`SELECT ord FROM ${keyed} QUALIFY ${place} > 1`);
  if (dedup.by === 'phash' && dedup.distance > 0) {
    // What is equal is gone: of each hash its best row is left, which is asked first.
    const first = `(SELECT ord, key, score FROM ${keyed} QUALIFY ${place} = 1)`;
    await database.run('finding duplicates', `CREATE OR REPLACE TEMP TABLE firsts AS SELECT * FROM ${first}`);
    const left: RankedRows = { sql: 'firsts', rowCount: await countRows(database, 'firsts') };
    await phashFollowers(database, dedup.distance, left);
    await drop('SELECT ord FROM followers');
  }
  return rows - (await countRows(database, keyed));
}

async function countRows(database: SubsetDatabase, rows: string): Promise<number> {
  const [row] = await database.rows<{ count: number }>(`SELECT count(*)::DOUBLE AS count FROM ${rows}`);
  return row!.count;
}

async function countDropped(database: SubsetDatabase, bit: number): Promise<CodeCount[]> {
  return database.rows<CodeCount>(
    `SELECT c.code, count(*)::DOUBLE AS rows FROM dropped AS d JOIN chosen AS c ON c.ord = d.ord
     WHERE d.bit = ${bit} GROUP BY c.code ORDER BY c.code`,
  );
}
