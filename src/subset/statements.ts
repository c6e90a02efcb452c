import { quoteName } from '../shards/sql.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';
import { withShuffledKey } from './shuffle.ts';
import { ORD, tableSql } from './source.ts';

/** A statement that makes a table and takes the place of one that is no longer needed. */
export interface Step {
  readonly sql: string;
  readonly uses: string;
}

/**
 * Collects the rows that any selection keeps in the table `kept`, in the order of the output, with all output columns
 * (c0, c1, ...), their key in that order, and the selections that keep them. Starts from the table `chosen`
 * (chosen-rows.ts). One table is joined at a time, so that the rows that are kept are the side that is held in memory;
 * the metadata, which are wide, come last.
 */
export function collectRows(plan: SubsetPlan, options: SubsetOptions): Step[] {
  const steps: Step[] = [];
  let uses = 'chosen';
  plan.tables.forEach((table, i) => {
    const scores = plan.output.flatMap(({ from }, c) =>
      'table' in from && from.table === i ? [{ name: from.column, as: `c${c}` }] : [],
    );
    if (scores.length === 0) return;
    const names = scores.map(({ name }) => name);
    const columns = scores.map(({ name, as }) => `t.${quoteName(name)} AS ${as}`);
    const sql = `CREATE TEMP TABLE picked${i} AS
      SELECT c.* EXCLUDE (tag${i}), ${columns.join(', ')}
      FROM ${uses} AS c LEFT JOIN (${tableSql(table, names)}) AS t ON c.tag${i} = t.${ORD}`;
    steps.push({ sql, uses });
    uses = `picked${i}`;
  });
  return [...steps, { sql: collectMetadata(plan, options, uses), uses }];
}

function collectMetadata(plan: SubsetPlan, { shuffleSeed }: SubsetOptions, picked: string): string {
  const rows = `SELECT * FROM ${picked}`;
  const keyed =
    shuffleSeed === undefined ? `SELECT *, ord AS key FROM ${picked}` : withShuffledKey(rows, shuffleSeed);
  const columns = plan.output.map(({ from }, i) =>
    'metadata' in from ? `m.${quoteName(from.metadata)} AS c${i}` : `c.c${i}`,
  );
  const names = plan.output.flatMap(({ from }) => ('metadata' in from ? [from.metadata] : []));
  return `CREATE TEMP TABLE kept AS
    SELECT c.key, c.mask, ${columns.join(', ')}
    FROM (${keyed}) AS c JOIN (${tableSql(plan.metadata, names, plan.renamed)}) AS m ON c.ord = m.${ORD}
    ORDER BY c.key`;
}
