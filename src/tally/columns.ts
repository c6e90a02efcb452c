import { byTag, TAGS, type Tag } from '../samples/tags.ts';
import { scoreSql, storedSql } from '../tables/column-sql.ts';
import { columnOf, type FileColumn, storedType } from '../tables/columns.ts';
import { known, SCORE_NAMES } from '../tables/parts.ts';
import type { ReadableInput } from '../tables/readable.ts';
import { domainOf } from './domain.ts';
import { badFile, type TallyError } from './errors.ts';

const URL_NAMES = ['url', 'uri', 'image_url'];
/** What `by` says for the domain of the URL. */
export const BY_DOMAIN = 'domain';

/** What of a file is looked at. */
export interface WantedColumns {
  /** A column's name, or `domain`. */
  readonly by: string | undefined;
  readonly urlColumn: string | undefined;
}

/**
 * SQL for what is counted of each row: the tags as FLOAT, which is judged everywhere, null or NaN where a row has none,
 * undefined where the file has none. Files with equal expressions can be read by one query.
 */
export interface RowExpressions extends Readonly<Record<Tag, string | undefined>> {
  /** BOOLEAN or null: a row of a run that was not scored; undefined where the file is not of a run. */
  readonly failed: string | undefined;
  /** VARCHAR: the group; `NULL` where groups were not asked for. */
  readonly group: string;
  /** Whether the file has URLs, so that a subset can be made of it alone. */
  readonly hasUrl: boolean;
}

/**
 * Finds the columns of a file. Only a score is a must: LAION's tags have no punsafe, and a row without it is counted
 * as one that has none.
 *
 * @throws TallyError BB_COLUMN_MISSING; TableError BB_SCHEMA_MISMATCH
 */
export function findColumns(
  { path, columns: schema }: Pick<ReadableInput, 'path' | 'columns'>,
  { by, urlColumn }: WantedColumns,
): RowExpressions {
  const find = (names: readonly string[]): FileColumn | undefined =>
    names.map((name) => columnOf(schema, name)).find((column) => column !== undefined);
  const need = (names: readonly string[]): FileColumn => {
    const found = find(names);
    if (found) return found;
    throw missing(path, schema, names);
  };
  const scores = scoreColumns({ path, columns: schema });
  const score = (part: Tag): string | undefined => {
    const name = scores[part];
    if (name === undefined) return undefined;
    const column = columnOf(schema, name)!;
    return scoreSql(storedSql(column), storedType(column));
  };
  const isRunTags = columnOf(schema, 'dropped_by') && columnOf(schema, 'status')?.type === 'VARCHAR';
  const group = (): string => {
    if (by === undefined) return 'NULL::VARCHAR';
    if (by !== BY_DOMAIN) return `${storedSql(need([by]))}::VARCHAR`;
    return domainOf(`${storedSql(need(urlColumn ? [urlColumn] : URL_NAMES))}::VARCHAR`);
  };
  return {
    ...byTag(score),
    failed: isRunTags ? `status <> 'success'` : undefined,
    group: group(),
    hasUrl: find(urlColumn ? [urlColumn] : URL_NAMES) !== undefined,
  };
}

/** The columns of a file's scores. @throws TallyError BB_COLUMN_MISSING; TableError BB_SCHEMA_MISMATCH */
export function scoreColumns({
  path,
  columns,
}: Pick<ReadableInput, 'path' | 'columns'>): Partial<Record<Tag, string>> {
  const described = columns.map((column) => ({ ...column, path }));
  const scores: Partial<Record<Tag, string>> = {};
  for (const part of TAGS) {
    const found = known(described, part, SCORE_NAMES[part]);
    if (found) scores[part] = found.name;
  }
  if (scores.aesthetic === undefined) throw missing(path, columns, SCORE_NAMES.aesthetic);
  return scores;
}

function missing(path: string, schema: readonly FileColumn[], names: readonly string[]): TallyError {
  const columns = schema.map(({ name }) => name).join(', ');
  return badFile(
    'BB_COLUMN_MISSING',
    path,
    `it has no column ${names.join(' or ')}, only ${columns || 'none'}.`,
  );
}
