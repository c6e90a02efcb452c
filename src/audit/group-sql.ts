import type { GroupKind } from './options.ts';
import type { AuditedColumns } from './row-sql.ts';

/** Captions are looked at so far. */
const MOST_CHARACTERS = 2000;
/** Words of three letters or digits and more. */
const WORD = '[\\p{L}\\p{N}]{3,}';
/** What is longer is no word. */
const MOST_LETTERS = 40;
/** The shorter side of a picture, in pixels: at least so much. */
const SIZES = [0, 256, 512, 768, 1024, 2048];

/** SQL for the rows of a file as an audit looks at them: judged ones alone. */
export function rowsSql(source: string, columns: AuditedColumns): string {
  const { judged, kept, caption, url, language, width, height } = columns;
  return `SELECT coalesce(${kept}, FALSE) AS kept, ${caption} AS caption, ${url} AS url, ${language} AS lang,
      least(${width}, ${height}) AS side FROM ${source} WHERE ${judged}`;
}

/** SQL for the groups of a row, by kind, over the rows of `rowsSql`: `name` VARCHAR and `kept`. A row is in several terms, and in each once. */
export const GROUP_SQL: Readonly<Record<GroupKind, (rows: string) => string>> = {
  term: (rows) =>
    `SELECT name, kept FROM (SELECT unnest(list_distinct(regexp_extract_all(lower(left(caption, ${MOST_CHARACTERS})), '${WORD}'))) AS name, kept FROM (${rows})) WHERE length(name) <= ${MOST_LETTERS}`,
  language: (rows) => `SELECT lang AS name, kept FROM (${rows}) WHERE lang <> ''`,
  host: (rows) =>
    `SELECT name, kept FROM (SELECT lower(regexp_extract(url, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?([^/?#:]+)', 1)) AS name, kept FROM (${rows})) WHERE name <> ''`,
  size: (rows) => `SELECT ${sizeSql()} AS name, kept FROM (${rows}) WHERE side > 0`,
};

function sizeSql(): string {
  const cases = SIZES.map((from, i) => {
    const to = SIZES[i + 1];
    const name = to === undefined ? `${from} and more` : `${from} to ${to - 1}`;
    return to === undefined ? `ELSE '${name}' END` : `WHEN side < ${to} THEN '${name}'`;
  });
  return `CASE ${cases.join(' ')}`;
}
