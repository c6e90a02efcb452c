import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { hashSql as int64Sql } from '../tables/column-sql.ts';
import { columnOf, type SchemaColumn } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import { type FoundColumns, findColumns, findParts, findPaths, KNOWN_NAMES } from '../tables/parts.ts';
import type { PlayedPart } from '../tables/played-parts.ts';
import { type DedupKey, dedupKey } from './dedup-plan.ts';
import type { TagTable } from './inputs.ts';
import { hasRule, type SubsetOptions } from './options.ts';
import type { SourceFile, SourceTable } from './source.ts';

/** A column of the output. */
export interface OutputColumn extends SchemaColumn {
  /** A column of the metadata, or of a tag table. */
  readonly from: { readonly metadata: string } | { readonly table: number; readonly column: string };
}

/** What is read from where, and what is written: plain data. */
export interface SubsetPlan {
  readonly metadata: SourceTable;
  readonly tables: readonly TagTable[];
  /** The metadata's columns that play a part. */
  readonly url: string;
  readonly hash?: string;
  /** Without a column of hashes, and where they are needed: the columns that a row's hash is made of. */
  readonly texts?: { readonly url: string; readonly caption: string | undefined };
  /** The column of a run's tags that says what became of a row. */
  readonly status?: string;
  /** Scores that no tag table has and the metadata do. */
  readonly scores: Readonly<Partial<Record<Tag, string>>>;
  readonly output: readonly OutputColumn[];
  /** Metadata columns whose place a tag table's score takes. */
  readonly replaced: readonly string[];
  /** What the columns are read for. */
  readonly parts: {
    readonly metadata: readonly PlayedPart[];
    readonly tags: readonly (readonly PlayedPart[])[];
  };
  /** Where the scores that are judged or written come from. */
  readonly provenance: ScoreOrigins;
  /** What rows are compared by, where near ones are dropped. */
  readonly dedupKey?: DedupKey;
  /** Columns that are read from another one. */
  readonly renamed: Readonly<Record<string, string>>;
}

/** The order in which LAION's published subsets have the joined scores. */
const JOINED_ORDER: readonly Tag[] = ['pwatermark', 'punsafe', 'aesthetic'];

/** What a run says of its own rows: constant in a subset, or about other thresholds. */
const RUN_COLUMNS = ['status', 'reason', 'error_message', 'kept', 'dropped_by'];

/**
 * The columns of the metadata that play a part. A score that a tag table has, or that no rule asks for, is only a column,
 * and so is a caption where rows have hashes or need none.
 *
 * @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH
 */
export function metadataParts(
  files: readonly Pick<SourceFile, 'path' | 'columns'>[],
  tables: readonly TagTable[],
  options: SubsetOptions,
): FoundColumns {
  const schema = files.flatMap(({ path, columns }) => columns.map((column) => ({ ...column, path })));
  const needsHash = isHashNeeded(tables, options);
  const judged = judgedTags(tables, options);
  const unjudged = TAGS.filter((tag) => !judged.includes(tag));
  const choice = { ...options, unjudged: needsHash ? unjudged : (['hash', ...unjudged] as const) };
  const found = findParts(schema, choice, ['url', 'hash', ...TAGS]);
  // A URL that is null throughout is a URL still; without any, and without a path, there is nothing to make a subset of.
  const url =
    found.columns.url ?? findPaths(schema, options) ?? found.empty.url ?? findColumns(schema, options).url;
  const { caption } =
    needsHash && found.columns.hash === undefined ? findParts(schema, choice, ['caption']).columns : {};
  return { ...found, columns: { ...found.columns, ...(caption !== undefined && { caption }), url } };
}

/** The scores that rules or `--where` take from the metadata's own columns. */
function judgedTags(tables: readonly TagTable[], options: SubsetOptions): Tag[] {
  return TAGS.filter(
    (tag) =>
      tables.every(({ scores }) => scores[tag] === undefined) &&
      (hasRule(options, tag) || isNamed(tag, options.where) || (tag === 'aesthetic' && options.dedup)),
  );
}

function isHashNeeded(tables: readonly TagTable[], { deduplicate, dedup }: SubsetOptions): boolean {
  return tables.length > 0 || deduplicate || dedup?.by === 'hash';
}

/** The metadata with the scores that are judged as float32: what is judged is what is published. */
export function asJudged(
  metadata: SourceTable,
  tables: readonly TagTable[],
  options: SubsetOptions,
): SourceTable {
  const names = judgedTags(tables, options).flatMap((tag) => metadata.columns[tag]?.toLowerCase() ?? []);
  const schema = metadata.schema.map((column) =>
    names.includes(column.name.toLowerCase()) ? { ...column, type: 'FLOAT' } : column,
  );
  return { ...metadata, schema };
}

/** Whether a condition speaks of a score by one of its names. */
function isNamed(tag: Tag, where: string | undefined): boolean {
  return where !== undefined && KNOWN_NAMES[tag].some((name) => new RegExp(`\\b${name}\\b`, 'i').test(where));
}

/**
 * Settles what is read from where; what the columns are read for (`parts`) is another matter.
 *
 * @throws TableError BB_COLUMN_MISSING
 */
export function planSubset(
  metadata: SourceTable,
  tables: readonly TagTable[],
  fromRuns: boolean,
  options: SubsetOptions,
): Omit<SubsetPlan, 'parts' | 'provenance'> {
  const { schema, columns: mapping } = metadata;
  const scores: Partial<Record<Tag, string>> = {};
  for (const tag of TAGS) {
    if (tables.some((table) => table.scores[tag] !== undefined)) continue;
    const column = mapping[tag];
    if (column !== undefined) scores[tag] = column;
    else if (hasRule(options, tag)) {
      throw missing(
        schema,
        `No input has ${tag}, which a rule asks for: neither the metadata nor a table of --tags.`,
      );
    }
  }
  const needsHash = isHashNeeded(tables, options);
  return {
    metadata,
    tables,
    url: mapping.url!,
    ...(mapping.hash !== undefined && { hash: mapping.hash }),
    ...(mapping.hash === undefined &&
      needsHash && { texts: { url: mapping.url!, caption: mapping.caption } }),
    ...(fromRuns && { status: 'status' }),
    ...(options.dedup && {
      dedupKey: dedupKey(options.dedup, { ...options, schema, url: mapping.url!, fromRuns }),
    }),
    scores,
    ...outputColumns(schema, tables, fromRuns, options.columns),
    renamed: options.swapWidthHeight ? swapped(schema) : {},
  };
}

function outputColumns(
  schema: readonly SchemaColumn[],
  tables: readonly TagTable[],
  fromRuns: boolean,
  wanted: readonly string[] | undefined,
): Pick<SubsetPlan, 'output' | 'replaced'> {
  const joined = JOINED_ORDER.flatMap((tag): OutputColumn[] => {
    const table = tables.findIndex((one) => one.scores[tag] !== undefined);
    if (table < 0) return [];
    const column = tables[table]!.scores[tag]!;
    return [{ name: tag, type: columnOf(tables[table]!.schema, column)!.type, from: { table, column } }];
  });
  const isReplaced = ({ name }: SchemaColumn): boolean => columnOf(joined, name) !== undefined;
  const passed = schema
    .filter((column) => !isReplaced(column))
    .map((column) => ({ ...column, from: { metadata: column.name } }));
  const all = [...passed, ...joined];
  const replaced = schema.filter(isReplaced).map((column) => column.name);
  if (wanted) return { output: chosen(all, wanted), replaced };
  const output = fromRuns ? all.filter(({ name }) => !RUN_COLUMNS.includes(name)) : all;
  return { output, replaced };
}

function chosen(all: readonly OutputColumn[], wanted: readonly string[]): OutputColumn[] {
  const output = wanted.map((name) => {
    const found = columnOf(all, name) as OutputColumn | undefined;
    if (!found) throw missing(all, `There is no column "${name}", which --columns names.`);
    return found;
  });
  if (new Set(output).size === output.length) return output;
  throw missing(all, '--columns names a column twice.');
}

/** WIDTH and HEIGHT, each read from the other. @throws TableError BB_COLUMN_MISSING */
function swapped(schema: readonly SchemaColumn[]): Record<string, string> {
  const width = columnOf(schema, 'WIDTH');
  const height = columnOf(schema, 'HEIGHT');
  if (!width || !height) {
    throw missing(
      schema,
      'The metadata have no columns WIDTH and HEIGHT, which --swap-width-height exchanges.',
    );
  }
  return { [width.name]: height.name, [height.name]: width.name };
}

function missing(schema: readonly SchemaColumn[], what: string): TableError {
  const columns = schema.map((column) => column.name);
  return new TableError('BB_COLUMN_MISSING', `${what} The columns are: ${columns.join(', ')}.`, {
    fields: { columns },
  });
}

/** SQL for an int64 hash, from a table that has it as `column`. */
export function hashSql(table: SourceTable, column: string): string {
  return int64Sql(quoteName(column), columnOf(table.schema, column)!.type);
}
