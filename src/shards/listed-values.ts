import { HASH_TEXT_RULE } from '../samples/hash-text.ts';
import { type ColumnMapping, columnOf, type FileColumn, type Part } from '../tables/columns.ts';
import { type DuckDBConnection, quoteName } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import type { ReadableInput } from '../tables/readable.ts';
import { type CountedTexts, countColumn, countTexts, shownText } from '../tables/value-check.ts';

/*
 * What stands beside listed images comes from a file for each: a value that is not what its column is read for is one image's, and
 * is taken for none. In a table it is refused.
 */

/** What was found in the columns of one input that is listed. */
interface CountedInput {
  readonly path: string;
  readonly counted: readonly CountedTexts[];
}

/** Counts texts in the columns of URLs, hashes and scores of a listed input. @throws TableError BB_SHARD_READ */
export async function countListed(
  connection: DuckDBConnection,
  table: ReadableInput,
  columns: Partial<ColumnMapping>,
): Promise<CountedInput> {
  const counted = await countTexts(connection, table, columns);
  const url = columns.url === undefined ? undefined : columnOf(table.columns, columns.url);
  if (url) {
    const value = quoteName(url.name);
    const is = { missing: `${value} IS NULL`, bad: noUrlSql(value) };
    counted.push({ part: 'url', ...(await countColumn(connection, table, url, is)) });
  }
  return { path: table.path, counted };
}

/** How many values of a part are taken for none. */
export type UnfitValues = ReadonlyMap<Part, number>;

/**
 * How many values are taken for none, over all inputs.
 *
 * @throws TableError BB_INPUT_VALUE, BB_SCHEMA_MISMATCH for a column that is wrong as a whole: of which several values are bad, and more than are right
 */
export function settleListed(inputs: readonly CountedInput[]): UnfitValues {
  const unfit = new Map<Part, number>();
  for (const part of new Set(inputs.flatMap(({ counted }) => counted.map((one) => one.part)))) {
    const found = inputs.flatMap(({ path, counted }) =>
      counted.filter((one) => one.part === part).map((one) => ({ path, ...one })),
    );
    const bad = found.reduce((sum, { badCount }) => sum + badCount, 0);
    const good = found.reduce((sum, { goodCount }) => sum + goodCount, 0);
    const first = found.find(({ badCount }) => badCount > 0);
    if (!first) continue;
    if (bad > 1 && bad > good) throw wrongAsWhole(first, part, { bad, good });
    unfit.set(part, bad);
  }
  return unfit;
}

const WAYS_ON: Readonly<Partial<Record<Part, string>>> = {
  url: 'A URL is a text. Name another column with --url-col, or say --url-col none.',
  hash: `A hash is ${HASH_TEXT_RULE}. Name another column with --hash-col, or say --hash-col none.`,
};

/** No one input is to blame. */
function wrongAsWhole(
  { path, column, bad: first }: CountedTexts & { readonly path: string },
  part: Part,
  { bad, good }: { readonly bad: number; readonly good: number },
): TableError {
  const wayOn =
    WAYS_ON[part] ?? 'A score is a number with a decimal point. Mend the values, or rename the column.';
  return new TableError(
    part === 'url' ? 'BB_SCHEMA_MISMATCH' : 'BB_INPUT_VALUE',
    `The column "${column}" cannot be read as ${wordsFor(part)[1]}: ${bad} of its ${bad + good} values are none, ` +
      `${shownText(first!.text)} in row ${first!.row} of ${path} for one. ${wayOn}`,
    { fields: { column, part, count: bad } },
  );
}

const WORDS: Readonly<Partial<Record<Part, readonly [one: string, many: string]>>> = {
  url: ['URL', 'URLs'],
  hash: ['hash', 'hashes'],
};

function wordsFor(part: Part): readonly [one: string, many: string] {
  return WORDS[part] ?? [`${part} score`, `${part} scores`];
}

/** What a person is told of values of one input that are taken for none, a line each. */
export function listedNotes({ path, counted }: CountedInput): string[] {
  return counted.flatMap(({ part, column, badCount, bad }) => {
    if (!bad) return [];
    const [are, them] = badCount === 1 ? ['is', 'it is'] : ['are', 'they are'];
    return `In ${path}, ${badCount} of the values of "${column}" ${are} no ${wordsFor(part)[0]}, and ${them} taken for none: ${shownText(bad.text)} in row ${bad.row}${badCount > 1 ? ', for one' : ''}.`;
  });
}

/** The columns of a listed input, of which that of URLs is null where a value is none. */
export function withoutBadUrls(
  columns: readonly FileColumn[],
  { url }: Partial<ColumnMapping>,
): readonly FileColumn[] {
  const found = url === undefined ? undefined : columnOf(columns, url);
  return columns.map((column) => {
    if (column !== found) return column;
    const value = quoteName(column.name);
    return { ...column, computed: `CASE WHEN ${noUrlSql(value)} THEN NULL ELSE ${value} END` };
  });
}

/** SQL that is true for what JSON has as a number, a truth value, a list or an object. */
function noUrlSql(value: string): string {
  return `coalesce(regexp_full_match(trim(${value}), '-?[0-9.]+([eE][+-]?[0-9]+)?|true|false|[\\[{][\\s\\S]*'), false)`;
}
