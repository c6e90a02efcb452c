import { isTag } from '../samples/tags.ts';
import {
  type ColumnMapping,
  columnOf,
  type FileColumn,
  fitOf,
  isInteger,
  isNumeric,
  NULL_TYPE,
  type Part,
  type SchemaColumn,
  storedType,
  TEXTS,
} from './columns.ts';
import { quoteName, quoteText } from './duckdb.ts';

/** Whitespace that may surround a value: the ASCII ones, the no-break space and the byte order mark. */
const BLANKS = ' \t\n\r\f\v\u00a0\ufeff';

/** As `parseHashText` has it for a single one. */
const INTEGER_TEXT = '-?[0-9]{1,20}';

const NUMBER_TEXT = '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?';

/** What pandas, R, Hive and SQL write where there is no number; and numbers that are not finite. */
const NO_NUMBER =
  '|na|#na|n/a|#n/a|#n/a n/a|<na>|nan|[+-]nan|-?1[.]#(ind|qnan|inf)|null|none|nil|\\\\n|[+-]?inf(inity)?';

function trimmed(text: string): string {
  return `trim(${text}::VARCHAR, '${BLANKS}')`;
}

/** SQL for an integer of any width from a text that was trimmed; null where it is none. */
function hugeSql(text: string): string {
  return `CASE WHEN regexp_full_match(${text}, '${INTEGER_TEXT}') THEN TRY_CAST(${text} AS HUGEINT) END`;
}

/**
 * SQL for a hash as int64: unsigned 64-bit numbers keep their bits, and decimal texts of either range are taken. Null
 * where a text is no such number: `badSql` finds those.
 */
export function hashSql(value: string, type: string): string {
  if (type === NULL_TYPE) return 'NULL::BIGINT';
  if (type === 'UBIGINT') return foldSql(`${value}::HUGEINT`);
  return isInteger(type) ? `${value}::BIGINT` : foldSql(hugeSql(trimmed(value)));
}

/** Integers from 2^63 to 2^64 - 1 are the same bits as negative ones. */
function foldSql(huge: string): string {
  return `TRY_CAST(CASE WHEN ${huge} BETWEEN 9223372036854775808 AND 18446744073709551615 THEN ${huge} - 18446744073709551616 ELSE ${huge} END AS BIGINT)`;
}

/** SQL for a score as the DOUBLE that stands in the file; null where there is none. */
export function numberSql(value: string, type: string): string {
  if (type === NULL_TYPE) return 'NULL::DOUBLE';
  if (!TEXTS.includes(type)) return type === 'DOUBLE' ? value : `${value}::DOUBLE`;
  const text = trimmed(value);
  const number = `TRY_CAST(${text} AS DOUBLE)`;
  return `CASE WHEN regexp_full_match(${text}, '${NUMBER_TEXT}') AND isfinite(${number}) THEN ${number} END`;
}

/**
 * SQL for a score as it is judged and published: float32, rounded to nearest; beyond its range infinite. Every command
 * takes scores by this.
 */
export function scoreSql(value: string, type: string): string {
  if (type === 'FLOAT') return value;
  if (type === NULL_TYPE) return 'NULL::FLOAT';
  const number = numberSql(value, type);
  return `coalesce(TRY_CAST(${number} AS FLOAT), CASE WHEN ${number} > 0 THEN 'inf'::FLOAT WHEN ${number} < 0 THEN '-inf'::FLOAT END)`;
}

/** SQL that is true for a value which stands for none, null included. Only of a type with the fit `text`. */
export function isMissingSql(part: Part, value: string): string {
  const text = trimmed(value);
  if (part === 'hash') return `(${value} IS NULL OR ${text} = '')`;
  const words = `regexp_full_match(lower(${text}), '${NO_NUMBER}')`;
  return `(${value} IS NULL OR ${words} OR (regexp_full_match(${text}, '${NUMBER_TEXT}') AND NOT isfinite(TRY_CAST(${text} AS DOUBLE))))`;
}

/** SQL that is true for a value which is neither what the part asks for nor missing. Only of a type with the fit `text`. */
export function badSql(part: Part, value: string, type: string): string {
  const taken = part === 'hash' ? hashSql(value, type) : numberSql(value, type);
  return `(NOT ${isMissingSql(part, value)} AND ${taken} IS NULL)`;
}

/** SQL for a column's values in its file. */
export function storedSql(column: FileColumn): string {
  if (column.computed !== undefined) return column.computed;
  if (column.partition !== undefined)
    return column.partition === null ? 'NULL::VARCHAR' : `${quoteText(column.partition)}::VARCHAR`;
  return storedType(column) === NULL_TYPE ? 'NULL' : quoteName(column.name);
}

/**
 * SQL for a column of one file as the type that it has in all files together.
 *
 * @param column undefined where the file has no such column
 */
export function readAs(column: FileColumn | undefined, type: string, part?: Part): string {
  if (!column || storedType(column) === NULL_TYPE) return `NULL::${type}`;
  const value = storedSql(column);
  const stored = storedType(column);
  if (stored === type) return value;
  if (part === 'hash' && type === 'BIGINT') return hashSql(value, stored);
  const isTexts = isTag(part) && fitOf(part, stored) === 'text';
  const number = isTexts && isNumeric(type) ? numberSql(value, stored) : value;
  return `CAST(${number} AS ${type})`;
}

/** SQL for the UTF-8 bytes of a text: DuckDB's client strips a leading byte order mark from strings. */
export function textBytesSql(value: string, type: string): string {
  return type === 'BLOB' ? value : `encode(${value}::VARCHAR)`;
}

/**
 * SQL for the bytes that a row's hash is made of. The concatenation is SQL's: JavaScript would have to decode and encode
 * the texts for it. Null counts as no bytes.
 *
 * @param names the columns of URL and caption
 * @param bytesOf SQL for the bytes of a column's texts
 */
export function hashedTextSql(
  names: readonly (string | undefined)[],
  bytesOf: (name: string) => string,
): string {
  return names
    .flatMap((name) => name ?? [])
    .map((name) => `coalesce(${bytesOf(name)}, ''::BLOB)`)
    .join(' || ');
}

/** What a column is read for. */
export function partIn(mapping: Partial<ColumnMapping>, name: string): Part | undefined {
  const parts = Object.entries(mapping) as [Part, string][];
  return parts.find(([, column]) => column.toLowerCase() === name.toLowerCase())?.[0];
}

/** SQL for the columns of a schema, called c0, c1, ..., from a file that may lack some. */
export function schemaSql(
  present: readonly FileColumn[],
  schema: readonly SchemaColumn[],
  mapping: Partial<ColumnMapping>,
): string[] {
  return schema.map(
    ({ name, type }, i) => `${readAs(columnOf(present, name), type, partIn(mapping, name))} AS c${i}`,
  );
}
