import { columnOf, type SchemaColumn } from '../shards/columns.ts';
import { quoteName } from '../shards/sql.ts';
import { domainOf } from './domain.ts';
import { badFile } from './errors.ts';

/** Names that a score goes by, best first: this tool's and LAION's. */
const SCORE_NAMES = ['aesthetic', 'prediction', 'AESTHETIC_SCORE'];
const URL_NAMES = ['url', 'uri', 'image_url'];
/** What `by` says for the domain of the URL. */
export const BY_DOMAIN = 'domain';

/** What of a file is looked at. */
export interface WantedColumns {
  /** A column's name, or `domain`. */
  readonly by: string | undefined;
  readonly urlColumn: string | undefined;
}

/** SQL for what is counted of each row. Files with equal expressions can be read by one query. */
export interface RowExpressions {
  /** DOUBLE; null or NaN where there is none. */
  readonly aesthetic: string;
  readonly punsafe: string;
  readonly pwatermark: string;
  /** BOOLEAN: a row of a run that was not scored. */
  readonly failed: string;
  /** VARCHAR: the group; `NULL` where groups were not asked for. */
  readonly group: string;
  /** Whether the file has URLs, so that a subset can be made of it alone. */
  readonly hasUrl: boolean;
}

const NUMBER = /^(FLOAT|DOUBLE|DECIMAL|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|"NULL"|VARCHAR)/;

/**
 * Finds the columns of a file. Only a score is a must: LAION's tags have no punsafe, and a row without it is counted
 * as one that has none.
 *
 * @param isText where all columns are text, as in CSV: whatever is no number there fails when it is read
 * @throws TallyError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH
 */
export function findColumns(
  path: string,
  schema: readonly SchemaColumn[],
  isText: boolean,
  { by, urlColumn }: WantedColumns,
): RowExpressions {
  const find = (names: readonly string[]): SchemaColumn | undefined =>
    names.map((name) => columnOf(schema, name)).find((column) => column !== undefined);
  const need = (names: readonly string[]): SchemaColumn => {
    const found = find(names);
    if (found) return found;
    const columns = schema.map(({ name }) => name).join(', ');
    throw badFile(
      'BB_COLUMN_MISSING',
      path,
      `it has no column ${names.join(' or ')}, only ${columns || 'none'}.`,
    );
  };
  const number = (column: SchemaColumn | undefined): string => {
    if (!column) return 'NULL::DOUBLE';
    if (NUMBER.test(column.type) && (isText || column.type !== 'VARCHAR'))
      return `${quoteName(column.name)}::DOUBLE`;
    throw badFile('BB_SCHEMA_MISMATCH', path, `its column ${column.name} holds ${column.type}, not numbers.`);
  };
  const isRunTags = columnOf(schema, 'dropped_by') && columnOf(schema, 'status')?.type === 'VARCHAR';
  const group = (): string => {
    if (by === undefined) return 'NULL::VARCHAR';
    if (by !== BY_DOMAIN) return `${quoteName(need([by]).name)}::VARCHAR`;
    return domainOf(`${quoteName(need(urlColumn ? [urlColumn] : URL_NAMES).name)}::VARCHAR`);
  };
  return {
    aesthetic: number(need(SCORE_NAMES)),
    punsafe: number(find(['punsafe'])),
    pwatermark: number(find(['pwatermark'])),
    failed: isRunTags ? `status <> 'success'` : 'FALSE',
    group: group(),
    hasUrl: find(urlColumn ? [urlColumn] : URL_NAMES) !== undefined,
  };
}
