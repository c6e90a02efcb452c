import type { Tag } from '../samples/tags.ts';
import type { FilterOptions } from '../scores/filter.ts';
import { scoreSql, storedSql } from '../tables/column-sql.ts';
import { columnOf, type FileColumn, storedType } from '../tables/columns.ts';
import { TableError } from '../tables/errors.ts';
import { findParts, known, SCORE_NAMES } from '../tables/parts.ts';
import type { ReadableInput } from '../tables/readable.ts';
import type { AuditOptions } from './options.ts';

/** SQL for what an audit looks at in the rows of a file; `NULL` where the file does not say it. */
export interface AuditedColumns {
  /** BOOLEAN: the row has been judged; failed ones of a run have not. */
  readonly judged: string;
  /** BOOLEAN */
  readonly kept: string;
  /** VARCHAR */
  readonly caption: string;
  readonly url: string;
  readonly language: string;
  /** DOUBLE: pixels. */
  readonly width: string;
  readonly height: string;
}

const LANGUAGE_NAMES = ['language', 'LANGUAGE', 'lang'];
const WIDTH_NAMES = ['original_width', 'width', 'WIDTH'];
const HEIGHT_NAMES = ['original_height', 'height', 'HEIGHT'];

/** @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
export function auditedColumns(file: ReadableInput, options: AuditOptions): AuditedColumns {
  const { path, columns } = file;
  const described = columns.map((column) => ({ ...column, path }));
  const { captionColumn, urlColumn, languageColumn, rules } = options;
  const parts = findParts(described, { captionColumn, urlColumn }, ['url', 'caption']).columns;
  const text = (name: string | undefined): string =>
    textSql(name === undefined ? undefined : columnOf(columns, name));
  const first = (names: readonly string[]): FileColumn | undefined =>
    names
      .map((name) => columns.find((column) => column.name === name))
      .find((column) => column !== undefined);
  const language = languageColumn === undefined ? first(LANGUAGE_NAMES) : need(file, languageColumn);
  const isRunTags = columnOf(columns, 'dropped_by') && columnOf(columns, 'status')?.type === 'VARCHAR';
  return {
    judged: isRunTags ? `status = 'success'` : 'TRUE',
    kept: rules ? keptSql(file, rules) : keptOfFile(file),
    caption: text(parts.caption),
    url: text(parts.url),
    language: textSql(language),
    width: numberOf(first(WIDTH_NAMES)),
    height: numberOf(first(HEIGHT_NAMES)),
  };
}

function textSql(column: FileColumn | undefined): string {
  return column ? `CAST(${storedSql(column)} AS VARCHAR)` : 'NULL::VARCHAR';
}

function numberOf(column: FileColumn | undefined): string {
  return column ? `TRY_CAST(${storedSql(column)} AS DOUBLE)` : 'NULL::DOUBLE';
}

function need({ path, columns }: ReadableInput, name: string): FileColumn {
  const found = columnOf(columns, name);
  if (found) return found;
  throw missing(path, columns, `"${name}"`);
}

/** The verdict by strict comparisons of float32 values, as the filter has it (`scores/filter.ts`). */
function keptSql(
  file: ReadableInput,
  { minAesthetic, maxPunsafe, maxPwatermark, missingTags }: FilterOptions,
): string {
  const rules: readonly [Tag, '>' | '<', number | undefined][] = [
    ['aesthetic', '>', minAesthetic],
    ['punsafe', '<', maxPunsafe],
    ['pwatermark', '<', maxPwatermark],
  ];
  const conditions = rules.flatMap(([tag, comparison, threshold]) => {
    if (threshold === undefined) return [];
    const score = tagSql(file, tag);
    const isMissing = `(${score} IS NULL OR isnan(${score}))`;
    // To DuckDB NaN is greater than all numbers.
    return [
      `CASE WHEN ${isMissing} THEN ${missingTags === 'keep'} ELSE ${score} ${comparison} '${threshold}'::DOUBLE END`,
    ];
  });
  return `(${conditions.join(' AND ')})`;
}

function tagSql({ path, columns }: ReadableInput, tag: Tag): string {
  const described = columns.map((column) => ({ ...column, path }));
  const found = known(described, tag, SCORE_NAMES[tag]);
  if (!found) throw missing(path, columns, SCORE_NAMES[tag].join(' or '));
  const column = columnOf(columns, found.name)!;
  return `${scoreSql(storedSql(column), storedType(column))}::DOUBLE`;
}

function keptOfFile({ path, columns }: ReadableInput): string {
  const kept = columnOf(columns, 'kept');
  if (kept?.type === 'BOOLEAN') return storedSql(kept);
  throw new TableError(
    'BB_COLUMN_MISSING',
    `${path} has no verdicts of a run (a column "kept"). Say by which thresholds rows are kept: --min-aesthetic, --max-punsafe, --max-pwatermark.`,
    { fields: { path } },
  );
}

function missing(path: string, columns: readonly FileColumn[], what: string): TableError {
  const names = columns.map(({ name }) => name);
  return new TableError('BB_COLUMN_MISSING', `${path} has no column ${what}. It has: ${names.join(', ')}.`, {
    fields: { path, columns: names },
  });
}
