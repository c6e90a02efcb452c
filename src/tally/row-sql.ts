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
    FROM (SELECT ${doubleOf(aesthetic)} AS score, ${doubleOf(punsafe)} AS punsafe, ${doubleOf(pwatermark)} AS pwatermark,
                 ${failed ?? 'FALSE'} AS failed, ${group} AS grp FROM ${source})`;
}

function doubleOf(tag: string | undefined): string {
  return `${tag ?? 'NULL'}::DOUBLE`;
}

/** A double as it is, not as a decimal. */
export function doubleSql(value: number): string {
  return `'${value}'::DOUBLE`;
}
