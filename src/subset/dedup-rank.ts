import { quoteName } from '../tables/duckdb.ts';
import type { SubsetPlan } from './plan.ts';
import { ORD, tableSql } from './source.ts';

/**
 * SQL for the order in which rows are asked, the best first: by their aesthetic score, those without one last, and by their
 * place in the input.
 */
export const BEST_FIRST = 'score DESC NULLS LAST, ord';

/** The rows that one selection keeps, as SQL: `ord`, `score` and, but for embeddings, `key`. */
export interface RankedRows {
  readonly sql: string;
  readonly rowCount: number;
}

/** A side that is joined to the chosen rows, and the values that it gives. */
interface Side {
  readonly join: string;
  readonly score?: string;
  readonly key?: string;
}

/** Makes the table `ranked`: place, selections, score and key of all rows in the table `chosen`. */
export function rankRows(plan: SubsetPlan): string {
  const sides = [tagSide(plan), metadataSide(plan)].filter((side) => side !== undefined);
  const score = sides.find((side) => side.score !== undefined)?.score ?? 'NULL::FLOAT';
  const hash = plan.dedupKey?.from === 'hash' ? 'CASE WHEN c.hashed = 1 THEN c.hash END' : 'NULL';
  const key = sides.find((side) => side.key !== undefined)?.key ?? hash;
  return `CREATE TEMP TABLE ranked AS
    SELECT c.ord, c.mask, CASE WHEN NOT isnan(${score}) THEN ${score} END AS score, ${key} AS key
    FROM chosen AS c ${sides.map(({ join }) => join).join(' ')}`;
}

/** The tag table with the aesthetic score, where one has it. */
function tagSide({ tables }: SubsetPlan): Side | undefined {
  const table = tables.findIndex(({ scores }) => scores.aesthetic !== undefined);
  if (table < 0) return undefined;
  const column = tables[table]!.scores.aesthetic!;
  const join = `LEFT JOIN (${tableSql(tables[table]!, [column])}) AS t ON c.tag${table} = t.${ORD}`;
  return { join, score: `t.${quoteName(column)}` };
}

/** The metadata, where they have the score or the key. */
function metadataSide({ metadata, scores, dedupKey }: SubsetPlan): Side | undefined {
  const key = dedupKey?.from === 'column' ? dedupKey : undefined;
  const score = scores.aesthetic;
  const names = [...new Set([score, key?.column])].filter((name) => name !== undefined);
  if (names.length === 0) return undefined;
  const values = [
    ORD,
    ...(score === undefined ? [] : [`${quoteName(score)} AS score`]),
    ...(key ? [`${key.sql} AS key`] : []),
  ];
  return {
    join: `JOIN (SELECT ${values.join(', ')} FROM (${tableSql(metadata, names)})) AS m ON c.ord = m.${ORD}`,
    ...(score !== undefined && { score: 'm.score' }),
    ...(key && { key: 'm.key' }),
  };
}
