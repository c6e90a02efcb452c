import type { FilterTag } from '../filter/filter.ts';
import { hasAestheticRule, MAX_SELECTIONS, type Selection, type SubsetOptions, TAGS } from './options.ts';

/**
 * What the rules found of a row, as bits of one INTEGER: which selections its aesthetic score passes, which tags it
 * misses or fails by, which tag tables do not know its hash, and whether an earlier row has the same hash. Each source
 * of scores computes its own bits; a row's code is their sum.
 */
const AESTHETIC_MISSING = 1 << MAX_SELECTIONS;
const FAILED: Readonly<Record<'punsafe' | 'pwatermark', number>> = { punsafe: 1 << 9, pwatermark: 1 << 11 };
const MISSING: Readonly<Record<FilterTag, number>> = {
  aesthetic: AESTHETIC_MISSING,
  punsafe: 1 << 10,
  pwatermark: 1 << 12,
};
const NO_TAG_SHIFT = 13;

/** The bit of a row whose hash an earlier row has. */
export const DUPLICATE = 1 << 16;

/** The bit of a row whose hash the tag table of that number does not know. */
export function noTagBit(table: number): number {
  return 1 << (NO_TAG_SHIFT + table);
}

/** True where the code says that the row has no such tag and a rule asks for it. */
export function isMissing(code: number, tag: FilterTag): boolean {
  return (code & MISSING[tag]) !== 0;
}

/** True where the row's tag is there and on the wrong side. */
export function isFailed(code: number, tag: FilterTag, selection: number): boolean {
  if (tag === 'aesthetic') return (code & (1 << selection)) === 0;
  return (code & FAILED[tag]) !== 0;
}

/** All bits that say something of these tags, and of that tag table. */
export function bitsOf(tags: readonly FilterTag[], table: number): number {
  const selections = tags.includes('aesthetic') ? AESTHETIC_MISSING - 1 : 0;
  const bits = tags.map((tag) => MISSING[tag] | (tag === 'aesthetic' ? 0 : FAILED[tag]));
  return [selections, noTagBit(table), ...bits].reduce((all, bit) => all | bit, 0);
}

/** The bits of a row that has none of these tags. */
export function codeWithout(tags: readonly FilterTag[], options: SubsetOptions): number {
  return tags.filter((tag) => isAsked(tag, options)).reduce((code, tag) => code | MISSING[tag], 0);
}

function isAsked(tag: FilterTag, options: SubsetOptions): boolean {
  if (tag === 'aesthetic') return hasAestheticRule(options);
  return limitOf(tag, options) !== undefined;
}

function limitOf(tag: 'punsafe' | 'pwatermark', options: SubsetOptions): number | undefined {
  return tag === 'punsafe' ? options.maxPunsafe : options.maxPwatermark;
}

/** SQL for the bits that tags contribute, from columns of a number type. */
export function codeSql(
  columns: Readonly<Partial<Record<FilterTag, string>>>,
  options: SubsetOptions,
): string {
  const parts = TAGS.flatMap((tag) => {
    const column = columns[tag];
    return column !== undefined && isAsked(tag, options) ? [tagSql(tag, `${column}::DOUBLE`, options)] : [];
  });
  return `(${['0', ...parts].join(' + ')})::INTEGER`;
}

function tagSql(tag: FilterTag, value: string, options: SubsetOptions): string {
  // Spark, which LAION used, takes NaN for a number above all others; so does DuckDB once it is not caught here.
  const missing = options.laionCompat ? `${value} IS NULL` : `(${value} IS NULL OR isnan(${value}))`;
  return `CASE WHEN ${missing} THEN ${MISSING[tag]} ELSE ${presentSql(tag, value, options)} END`;
}

function presentSql(tag: FilterTag, value: string, options: SubsetOptions): string {
  if (tag === 'aesthetic') {
    return options.selections
      .map((selection, bit) => `CASE WHEN ${rangeSql(selection, value)} THEN ${1 << bit} ELSE 0 END`)
      .join(' + ');
  }
  return `CASE WHEN ${value} < ${double(limitOf(tag, options)!)} THEN 0 ELSE ${FAILED[tag]} END`;
}

function rangeSql({ kind, lower, upper }: Selection, value: string): string {
  if (kind === 'all') return 'true';
  if (kind === 'above') return `${value} > ${double(lower!)}`;
  const top = kind === 'bucket' ? '<' : '<=';
  return `(${value} >= ${double(lower!)} AND ${value} ${top} ${double(upper!)})`;
}

/** A number as the double that it is; a bare 0.7 would be a decimal to DuckDB. */
function double(value: number): string {
  return `'${value}'::DOUBLE`;
}
