import { BowerbirdError } from '../base/errors.ts';
import { quoteName } from '../tables/duckdb.ts';

/** What became of a row: judged and kept, judged and dropped, or never scored. */
export type Verdict = 'kept' | 'dropped' | 'failed';

/** A path and options as they were given, for programs whose types nobody checks. @throws BowerbirdError BB_USAGE for what is no text, and no object */
export function requireOpening(path: string, options: object = {}): void {
  if (typeof path !== 'string' || path === '') throw refusedOption('The path', 'the name of a folder', path);
  requireOptions(options);
}

/** @throws BowerbirdError BB_USAGE for what is no object */
export function requireOptions(options: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refusedOption('What is passed as options', 'an object', options);
}

/** Which rows have scores that are wanted. Comparisons are strict, and a row without the score does not pass. */
export interface ScoreFilter {
  /** aesthetic > this */
  readonly minAesthetic?: number;
  /** punsafe < this */
  readonly maxPunsafe?: number;
  /** pwatermark < this */
  readonly maxPwatermark?: number;
}

/** Which rows of a run are wanted; all where nothing is said. */
export interface SampleFilter extends ScoreFilter {
  /** By the run's own thresholds. */
  readonly verdict?: Verdict | readonly Verdict[];
}

const SCORE_RULES = [
  ['minAesthetic', 'aesthetic', '>'],
  ['maxPunsafe', 'punsafe', '<'],
  ['maxPwatermark', 'pwatermark', '<'],
] as const;

/** The columns that a filter looks at. @throws BowerbirdError BB_USAGE */
export function filteredColumns(filter: ScoreFilter): string[] {
  requireOptions(filter);
  return SCORE_RULES.flatMap(([option, column]) => (filter[option] === undefined ? [] : column));
}

/**
 * SQL that is true for the rows that are wanted; undefined where all are. NaN, which DuckDB takes for larger than all
 * numbers, passes no rule.
 *
 * @throws BowerbirdError BB_USAGE for a threshold that is no finite number
 */
export function scoreCondition(filter: ScoreFilter): string | undefined {
  const rules = SCORE_RULES.flatMap(([option, column, sign]) => {
    const threshold = filter[option];
    if (threshold === undefined) return [];
    if (!Number.isFinite(threshold)) throw unfit(option, threshold);
    const value = quoteName(column);
    return `(${value}::DOUBLE ${sign} ${threshold}::DOUBLE AND NOT isnan(${value}))`;
  });
  return rules.length === 0 ? undefined : rules.join(' AND ');
}

const VERDICT_SQL: Readonly<Record<Verdict, string>> = {
  kept: '"kept"',
  dropped: `("status" = 'success' AND NOT "kept")`,
  failed: `"status" <> 'success'`,
};

/** The same for the rows of a run. @throws BowerbirdError BB_USAGE */
export function sampleCondition(filter: SampleFilter): string | undefined {
  requireOptions(filter);
  const { verdict } = filter;
  const verdicts = verdict === undefined ? undefined : [verdict].flat();
  const byVerdict = verdicts?.map((one) => {
    if (Object.hasOwn(VERDICT_SQL, one)) return VERDICT_SQL[one];
    throw unfit('verdict', one);
  });
  const conditions = [
    ...(byVerdict ? [byVerdict.length === 0 ? 'false' : `(${byVerdict.join(' OR ')})`] : []),
    scoreCondition(filter) ?? [],
  ].flat();
  return conditions.length === 0 ? undefined : conditions.join(' AND ');
}

function unfit(option: string, value: unknown): BowerbirdError {
  return refusedOption(option, option === 'verdict' ? 'kept, dropped or failed' : 'a finite number', value);
}

/** An option with a value that makes no sense. @param wanted what it is to be */
export function refusedOption(option: string, wanted: string, value: unknown): BowerbirdError {
  const given = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return new BowerbirdError('BB_USAGE', `${option} is ${wanted}, not ${given}.`, { fields: { option } });
}

/** Names of columns as they were given. @throws BowerbirdError BB_USAGE for what is no list of texts */
export function columnNames<Names extends readonly string[] | undefined>(columns: Names): Names {
  const isList = Array.isArray(columns) && columns.every((name) => typeof name === 'string');
  if (columns === undefined || isList) return columns;
  throw refusedOption('columns', 'a list of names', columns);
}
