import { quoteName } from '../tables/duckdb.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';
import { withShuffledKey } from './shuffle.ts';
import { ORD, type Slice, tableSql } from './source.ts';

/** A statement that makes a table and takes the place of one that is no longer needed. */
export interface Step {
  readonly sql: string;
  readonly uses: string;
}

/**
 * Makes of the table `chosen` (chosen-rows.ts) the table `picked`: the rows that any selection keeps, in the order of the
 * output, with `key`, their place in that order, and the output columns (c0, c1, ...) that come from tag tables. One
 * table is joined at a time, so that the rows that are kept are the side that is held in memory.
 */
export function pickTags(plan: SubsetPlan, { shuffleSeed, dedup }: SubsetOptions): Step[] {
  const joins: { readonly sql: string; readonly uses: string }[] = [];
  let uses = 'chosen';
  plan.tables.forEach((table, i) => {
    const scores = plan.output.flatMap(({ from }, c) =>
      'table' in from && from.table === i ? [{ name: from.column, as: `c${c}` }] : [],
    );
    if (scores.length === 0) return;
    const names = scores.map(({ name }) => name);
    const columns = scores.map(({ name, as }) => `t.${quoteName(name)} AS ${as}`);
    const sql = `SELECT c.* EXCLUDE (tag${i}), ${columns.join(', ')}
      FROM ${uses} AS c LEFT JOIN (${tableSql(table, names)}) AS t ON c.tag${i} = t.${ORD}`;
    joins.push({ sql, uses });
    uses = `picked${i}`;
  });
  // The last join goes straight into the sort.
  const last = joins.pop() ?? { sql: 'SELECT * FROM chosen', uses: 'chosen' };
  const steps = joins.map((join, i) => ({
    sql: `CREATE TEMP TABLE ${(joins[i + 1] ?? last).uses} AS ${join.sql}`,
    uses: join.uses,
  }));
  const found = dedup ? 'EXCLUDE (code, hash, hashed)' : '';
  const keyed =
    shuffleSeed === undefined
      ? `SELECT * ${found}, ord AS key FROM (${last.sql})`
      : withShuffledKey(`SELECT * ${found} FROM (${last.sql})`, shuffleSeed);
  return [...steps, { sql: `CREATE TEMP TABLE picked AS ${keyed} ORDER BY key`, uses: last.uses }];
}

/** The columns of a tag table that the output has. */
export function takenScores({ output }: SubsetPlan, table: number): string[] {
  return output.flatMap(({ from }) => ('table' in from && from.table === table ? [from.column] : []));
}

/**
 * Makes a table of the kept rows of a slice, in the order of the output: key, mask, and all output columns. It is not temporary, so
 * that several connections can write of it.
 *
 * @param keys SQL that is true for the keys of the slice's rows
 */
export function collectRows(plan: SubsetPlan, slice: Slice, keys: string, name: string): string {
  const columns = plan.output.map(({ from }, i) =>
    'metadata' in from ? `m.${quoteName(from.metadata)} AS c${i}` : `c.c${i}`,
  );
  const names = plan.output.flatMap(({ from }) => ('metadata' in from ? [from.metadata] : []));
  return `CREATE TABLE ${name} AS
    SELECT c.key, c.mask, ${columns.join(', ')}
    FROM (SELECT * FROM picked WHERE ${keys}) AS c
    JOIN (${tableSql(plan.metadata, names, plan.renamed, slice)}) AS m ON c.ord = m.${ORD}
    ORDER BY c.key`;
}
