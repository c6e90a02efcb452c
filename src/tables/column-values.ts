import type { Tag } from '../samples/tags.ts';

/** The type of a column without a single value. */
export const NULL_TYPE = '"NULL"';

/** What a column of the input is read for. */
export type Part = 'url' | 'caption' | 'hash' | Tag;

/** Whether a part can be made of a type: as it is; from texts, each of which has to be looked at; from nothing but null. */
export type Fit = 'native' | 'text' | 'null' | 'unfit';

const INTEGERS = /^U?(TINY|SMALL|BIG)?INT(EGER)?$/;
const TEXTS = ['VARCHAR', 'BLOB'];

/** True for the integer types of up to 64 bits. */
export function isInteger(type: string): boolean {
  return INTEGERS.test(type);
}

/** True for every type that holds plain numbers. */
export function isNumeric(type: string): boolean {
  return isInteger(type) || /^(U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

/** @param type DuckDB's name */
export function fitOf(part: Part, type: string): Fit {
  if (type === NULL_TYPE) return 'null';
  if (part === 'url' || part === 'caption') return TEXTS.includes(type) ? 'native' : 'unfit';
  if (TEXTS.includes(type)) return 'text';
  if (part !== 'hash') return isNumeric(type) ? 'native' : 'unfit';
  if (isInteger(type)) return 'native';
  // Integers of another width than 64 bits are looked at as their digits.
  return /^(U?HUGEINT|DECIMAL\(\d+,0\))$/.test(type) ? 'text' : 'unfit';
}

/** Why a type is unfit for a part, and what to do, as sentences. */
export function unfitReason(part: Part, type: string): string {
  if (part === 'url' || part === 'caption') return `It holds ${type}, not text.`;
  if (part !== 'hash') return `It holds ${type}, not numbers.`;
  if (!isNumeric(type)) return `It holds ${type}, not 64-bit integers.`;
  return (
    `It holds ${type}, which has lost the last digits of 64-bit hashes, so none of them would be found again. ` +
    "Write it anew from the source as int64 (in pandas, read it as the nullable type 'Int64'), or as decimal text."
  );
}

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
