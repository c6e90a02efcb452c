import { WHAT_IF_EDGES } from '../scores/what-if.ts';
import type { RowExpressions } from './columns.ts';

/** What a row is: `kind` in `rowsSql`. */
export const KINDS = { scored: 0, nullScore: 1, nanScore: 2, failed: 3 } as const;

/**
 * SQL that gives `score`, `punsafe`, `pwatermark` (DOUBLE), `kind` (INTEGER) and `grp` (VARCHAR) of all rows of a
 * table function.
 */
export function rowsSql(
  source: string,
  { aesthetic, punsafe, pwatermark, failed, group }: RowExpressions,
): string {
  return `SELECT score, punsafe, pwatermark, grp,
      CASE WHEN failed THEN ${KINDS.failed} WHEN score IS NULL THEN ${KINDS.nullScore}
           WHEN isnan(score) THEN ${KINDS.nanScore} ELSE ${KINDS.scored} END AS kind
    FROM (SELECT ${aesthetic} AS score, ${punsafe} AS punsafe, ${pwatermark} AS pwatermark,
                 ${failed} AS failed, ${group} AS grp FROM ${source})`;
}

/**
 * SQL for the cube's cells of a row: comparisons with the edges, as doubles, by halving. Multiplying and rounding
 * would put values next to an edge on its wrong side.
 */
export function cellsSql(): { readonly a: string; readonly p: string; readonly w: string } {
  return {
    a: cellSql('score', WHAT_IF_EDGES[0], '>'),
    p: cellSql('punsafe', WHAT_IF_EDGES[1], '>='),
    w: cellSql('pwatermark', WHAT_IF_EDGES[2], '>='),
  };
}

function cellSql(column: string, edges: readonly number[], isBeyond: '>' | '>='): string {
  const halve = (low: number, high: number): string => {
    if (low === high) return String(low);
    const middle = (low + high) >> 1;
    return `CASE WHEN ${column} ${isBeyond} ${doubleSql(edges[middle]!)} THEN ${halve(middle + 1, high)} ELSE ${halve(low, middle)} END`;
  };
  return `CASE WHEN ${column} IS NULL OR isnan(${column}) THEN ${edges.length + 1} ELSE ${halve(0, edges.length)} END`;
}

/** SQL for a row's place in `BUCKET_NAMES`. */
export const BUCKET_SQL =
  'CASE WHEN score < 0 THEN 0 WHEN score >= 10 THEN 11 ELSE 1 + floor(score)::INTEGER END';

/** A double as it is, not as a decimal. */
export function doubleSql(value: number): string {
  return `'${value}'::DOUBLE`;
}
