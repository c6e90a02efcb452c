import { quoteName } from '../shards/sql.ts';
import { bitsOf, codeSql, codeWithout, DUPLICATE, noTagBit } from './codes.ts';
import { type SubsetOptions, TAGS } from './options.ts';
import { hashSql, type SubsetPlan } from './plan.ts';
import { withShuffledKey } from './shuffle.ts';
import { ORD, type SourceTable, tableSql } from './source.ts';

/** A row's int64 hash, beside the metadata's own columns. */
const HASH = '__bowerbird_hash';

/** The name of the table that lists the hashes which a source has more than once, with the row that counts. */
export function duplicatesTable(source: number | 'metadata'): string {
  return `duplicates_${source}`;
}

/**
 * Lists the hashes that occur more than once, with their first row. Few hashes do, so this small table takes the place
 * of a copy of the whole source without duplicates.
 */
export function listDuplicates(name: string, source: SourceTable, hash: string, rows: string): string {
  return `CREATE TEMP TABLE ${name} AS
    SELECT hash, min(ord) AS ord, count(*) AS n
    FROM (SELECT ${hashSql(source, hash)} AS hash, ${ORD} AS ord FROM (${rows}))
    WHERE hash IS NOT NULL GROUP BY hash HAVING count(*) > 1`;
}

/** Lists how often each hash occurs that does so more than once, for those who only count them: at two thirds of the cost. */
export function countRepeats(name: string, source: SourceTable, hash: string): string {
  return `CREATE TEMP TABLE ${name} AS
    SELECT count(*) AS n FROM (SELECT ${hashSql(source, hash)} AS hash FROM (${tableSql(source, [hash])}))
    WHERE hash IS NOT NULL GROUP BY hash HAVING count(*) > 1`;
}

/** The metadata, all columns under their own names; with `judged`, the rows that status and `--where` let through. */
export function metadataRows(plan: SubsetPlan, options: SubsetOptions, judged: boolean): string {
  const { metadata, renamed, status } = plan;
  const rows = tableSql(
    metadata,
    metadata.schema.map((column) => column.name),
    renamed,
  );
  const conditions = [
    status !== undefined && statusCondition(status),
    options.where !== undefined && `(\n${options.where}\n)`,
  ].filter((condition) => condition !== false);
  if (!judged || conditions.length === 0) return rows;
  return `SELECT * FROM (${rows}) AS metadata WHERE ${conditions.join(' AND ')}`;
}

/** What a run's row must be to be taken. */
export function statusCondition(status: string): string {
  return `${quoteName(status)} = 'success'`;
}

/** The rows of a tag table that count (the first of each hash), with what `select` asks for. */
function tagRows(
  plan: SubsetPlan,
  table: number,
  hasDuplicates: boolean,
  inner: string,
  outer: string,
): string {
  const source = plan.tables[table]!;
  const names = [source.hash, ...Object.values(source.scores)];
  const rows = `SELECT ${hashSql(source, source.hash)} AS hash, ${inner}, ${ORD} AS ord FROM (${tableSql(source, names)})`;
  if (!hasDuplicates) return `SELECT hash, ${outer} FROM (${rows}) WHERE hash IS NOT NULL`;
  return `SELECT t.hash, ${outer} FROM (${rows}) AS t
    LEFT JOIN ${duplicatesTable(table)} AS d ON t.hash = d.hash
    WHERE t.hash IS NOT NULL AND (d.ord IS NULL OR d.ord = t.ord)`;
}

/** Judges every row: a table of its place and its code, and nothing else, since it has as many rows as the input. */
export function judgeRows(
  plan: SubsetPlan,
  options: SubsetOptions,
  hasDuplicates: readonly boolean[],
  dropsDuplicates: boolean,
): string {
  const hash = plan.hash === undefined ? 'NULL::BIGINT' : hashSql(plan.metadata, plan.hash);
  const codes = ['m.code'];
  const joins: string[] = [];
  plan.tables.forEach((table, i) => {
    const tags = TAGS.filter((tag) => table.scores[tag] !== undefined);
    const code = `${codeSql(quoted(table.scores), options)} AS code`;
    const rows = tagRows(plan, i, hasDuplicates[i]!, code, 'code');
    joins.push(`LEFT JOIN (${rows}) AS t${i} ON m.hash = t${i}.hash`);
    codes.push(`coalesce(t${i}.code, ${codeWithout(tags, options) | noTagBit(i)})`);
  });
  if (dropsDuplicates) {
    joins.push(`LEFT JOIN ${duplicatesTable('metadata')} AS d ON m.hash = d.hash`);
    codes.push(`CASE WHEN m.ord > d.ord THEN ${DUPLICATE} ELSE 0 END`);
  }
  return `CREATE TEMP TABLE judged AS
    SELECT m.ord, (${codes.join(' + ')})::INTEGER AS code
    FROM (SELECT ${ORD} AS ord, ${hash} AS hash, ${codeSql(quoted(plan.scores), options)} AS code
          FROM (${metadataRows(plan, options, true)})) AS m ${joins.join(' ')}`;
}

/**
 * Collects the rows that any selection keeps, in the order of the output, with all output columns (c0, c1, ...),
 * their key in that order, and the selections that keep them. Reads the `judged` and `verdicts` tables.
 *
 * @param codes the codes of rows that are kept
 */
export function collectRows(
  plan: SubsetPlan,
  options: SubsetOptions,
  hasDuplicates: readonly boolean[],
  codes: readonly number[],
): string {
  const { shuffleSeed } = options;
  const rows = 'SELECT ord, mask FROM judged JOIN verdicts USING (code) WHERE mask <> 0';
  const chosen =
    shuffleSeed === undefined ? `SELECT *, ord AS key FROM (${rows})` : withShuffledKey(rows, shuffleSeed);
  const columns = plan.output.map(({ from }, i) => {
    const column = 'metadata' in from ? `m.${quoteName(from.metadata)}` : `t${from.table}.c${i}`;
    return `${column} AS c${i}`;
  });
  const joins = plan.tables.map((table, i) => {
    const scores = plan.output.flatMap(({ from }, c) =>
      'table' in from && from.table === i ? [`${quoteName(from.column)} AS c${c}`] : [],
    );
    if (scores.length === 0) return '';
    const names = scores.map((score) => score.slice(score.lastIndexOf(' ') + 1));
    const source = tagRows(
      plan,
      i,
      hasDuplicates[i]!,
      [...scores, `${codeSql(quoted(table.scores), options)} AS code`].join(', '),
      `${names.join(', ')}, code`,
    );
    // What no kept row has is left out before the join: for a subset of few rows that is nearly all of the table.
    const tags = TAGS.filter((tag) => table.scores[tag] !== undefined);
    const bits = bitsOf(tags, i);
    const wanted = [...new Set(codes.map((code) => code & bits))];
    return `LEFT JOIN (SELECT * FROM (${source}) WHERE code IN (${wanted.join(', ')})) AS t${i}
      ON m.${HASH} = t${i}.hash`;
  });
  const hash = plan.hash === undefined ? 'NULL::BIGINT' : hashSql(plan.metadata, plan.hash);
  const metadata = `SELECT *, ${hash} AS ${HASH} FROM (${metadataRows(plan, options, false)})`;
  return `CREATE TEMP TABLE kept AS
    SELECT c.key, c.mask, ${columns.join(', ')}
    FROM (${metadata}) AS m JOIN (${chosen}) AS c ON m.${ORD} = c.ord ${joins.join(' ')}
    ORDER BY c.key`;
}

function quoted(scores: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(scores).map(([tag, column]) => [tag, quoteName(column)]));
}
