import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BowerbirdError, firstLine } from '../base/errors.ts';
import type { FilterTag } from '../filter/filter.ts';
import { columnOf, isNumeric } from '../shards/columns.ts';
import { queryRows } from '../shards/duckdb.ts';
import { ShardError, unreadable } from '../shards/errors.ts';
import { readFooter } from '../shards/footer.ts';
import { expandInputs } from '../shards/inputs.ts';
import { type FileSchema, unifySchemas } from '../shards/schema.ts';
import { SCORE_NAMES, tagsOf } from '../shards/score-rows.ts';
import { parquetSource, quoteName } from '../shards/sql.ts';
import { TAGS } from './options.ts';
import type { SourceFile, SourceTable } from './source.ts';

/** A file that was left out because `--skip-bad-files` allows it. */
export interface SkippedFile {
  readonly path: string;
  readonly role: 'metadata' | 'tags';
  readonly reason: string;
}

/** A tag table: files with the same scores. */
export interface TagTable extends SourceTable {
  readonly hash: string;
  /** Column by score. */
  readonly scores: Readonly<Partial<Record<FilterTag, string>>>;
}

/** The inputs by path, before they are opened. */
export interface FoundInputs {
  readonly metadata: readonly string[];
  readonly tags: readonly string[];
  /** True where the metadata are the tags of run folders. */
  readonly fromRuns: boolean;
}

/** Finds the files. @throws ShardError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT */
export async function findInputs(metadata: readonly string[], tags: readonly string[]): Promise<FoundInputs> {
  const fromRuns = metadata.map((path) => tagsOf(path) !== path);
  if (new Set(fromRuns).size > 1) {
    throw new ShardError(
      'BB_SCHEMA_MISMATCH',
      'Metadata are either run folders or other Parquet, not both: their columns mean different things. Make a subset of each.',
    );
  }
  return {
    metadata: await parquetFiles(metadata),
    tags: tags.length === 0 ? [] : await parquetFiles(tags),
    fromRuns: fromRuns[0] ?? false,
  };
}

async function parquetFiles(inputs: readonly string[]): Promise<string[]> {
  const found = await expandInputs(inputs.map(tagsOf));
  const named = new Set(inputs.map((input) => resolve(input)));
  const wrong = found.find(({ path, format }) => format !== 'parquet' && named.has(path));
  if (wrong) {
    throw new ShardError(
      'BB_INPUT_FORMAT',
      `${wrong.path}: a subset is made of Parquet, not ${wrong.format}.`,
      {
        fields: { path: wrong.path },
      },
    );
  }
  const paths = found.filter(({ format }) => format === 'parquet').map(({ path }) => path);
  if (paths.length > 0) return paths;
  throw new ShardError('BB_INPUT_NOT_FOUND', `No Parquet file under ${inputs.join(', ')}.`, {
    fields: { inputs },
  });
}

/** Looks at footers; what cannot be taken goes to `onBad`, which throws or notes it. */
export async function inspectFiles(
  connection: DuckDBConnection,
  paths: readonly string[],
  onBad: (path: string, error: BowerbirdError) => void,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    try {
      const footer = await readFooter(connection, path);
      refuseReserved(
        path,
        footer.columns.map((column) => column.name),
      );
      files.push({ path, ...footer });
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      onBad(path, thrown);
    }
  }
  return files;
}

/** DuckDB numbers files and rows under these names; a column so called would stand in for them. */
const RESERVED = ['file_index', 'file_row_number', 'filename'];

function refuseReserved(path: string, names: readonly string[]): void {
  const taken = names.find((name) => RESERVED.includes(name.toLowerCase()));
  if (taken === undefined) return;
  throw new ShardError(
    'BB_SCHEMA_MISMATCH',
    `${path} has a column "${taken}", a name that reading by file and row needs. Rename the column.`,
    { fields: { path, column: taken } },
  );
}

/**
 * One schema for files that are to be one table. A file that does not fit those before it goes to `onBad`.
 */
export function uniteFiles(
  files: readonly SourceFile[],
  onBad: (path: string, error: BowerbirdError) => void,
): SourceTable {
  const fitting: SourceFile[] = [];
  const schemas: FileSchema[] = [];
  for (const file of files) {
    const schema = { path: file.path, columns: file.columns, soft: false };
    try {
      unifySchemas([...schemas.slice(-1), schema]);
      unifySchemas([...schemas.slice(0, 1), schema]);
      fitting.push(file);
      schemas.push(schema);
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      onBad(file.path, thrown);
    }
  }
  return { files: fitting, schema: unifySchemas(schemas).map(({ name, type }) => ({ name, type })) };
}

/**
 * The tag tables that files make: those with the same scores are one, in the order of their paths.
 *
 * @throws ShardError BB_SCHEMA_MISMATCH where two tables hold the same score
 */
export function tagTables(
  files: readonly SourceFile[],
  onBad: (path: string, error: BowerbirdError) => void,
): TagTable[] {
  const groups = new Map<string, SourceFile[]>();
  for (const file of files) {
    const scores = scoresOf(file);
    const hash = columnOf(file.columns, 'hash');
    if (!hash || Object.keys(scores).length === 0) {
      const columns = file.columns.map((column) => column.name);
      onBad(
        file.path,
        new ShardError(
          'BB_COLUMN_MISSING',
          `${file.path} is no tag table: it needs a column hash and one of ${Object.values(SCORE_NAMES).flat().join(', ')}. It has: ${columns.join(', ')}.`,
          { fields: { path: file.path, columns } },
        ),
      );
      continue;
    }
    const key = Object.keys(scores).join('+');
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const tables = [...groups.values()].map((group) => tagTable(group, onBad));
  refuseTwice(tables);
  return tables;
}

function tagTable(
  files: readonly SourceFile[],
  onBad: (path: string, error: BowerbirdError) => void,
): TagTable {
  const first = files[0]!;
  // One name each for all files: the first file's. Another spelling of a score is another column to DuckDB.
  const scores = scoresOf(first);
  const hash = columnOf(first.columns, 'hash')!.name;
  const wanted = [hash, ...Object.values(scores)].map((name) => name.toLowerCase());
  const narrow = files.map((file) => ({
    ...file,
    columns: file.columns.filter((column) => wanted.includes(column.name.toLowerCase())),
  }));
  const complete = narrow.filter((file) => {
    if (file.columns.length === wanted.length) return true;
    onBad(
      file.path,
      new ShardError(
        'BB_SCHEMA_MISMATCH',
        `${file.path} names its scores otherwise than ${first.path}, which has ${wanted.join(', ')}. Give them one name.`,
        { fields: { path: file.path } },
      ),
    );
    return false;
  });
  return { ...uniteFiles(complete, onBad), hash, scores };
}

function scoresOf(file: SourceFile): Partial<Record<FilterTag, string>> {
  const scores: Partial<Record<FilterTag, string>> = {};
  for (const tag of TAGS) {
    const column = SCORE_NAMES[tag]
      .map((name) => columnOf(file.columns, name))
      .find((found) => found !== undefined && isNumeric(found.type));
    if (column) scores[tag] = column.name;
  }
  return scores;
}

function refuseTwice(tables: readonly TagTable[]): void {
  for (const tag of TAGS) {
    const having = tables.filter((table) => table.scores[tag] !== undefined && table.files.length > 0);
    if (having.length < 2) continue;
    const paths = having.map((table) => table.files[0]!.path);
    throw new ShardError(
      'BB_SCHEMA_MISMATCH',
      `Two tag tables hold ${tag}: ${paths.join(' and ')}. Give one of them, or write one anew without that column.`,
      { fields: { paths } },
    );
  }
}

/** Reads every value of the columns that are used; gives what is wrong, or undefined. */
export async function probeFile(
  connection: DuckDBConnection,
  file: SourceFile,
  names: readonly string[],
): Promise<BowerbirdError | undefined> {
  const own = file.columns.filter((column) =>
    names.some((name) => name.toLowerCase() === column.name.toLowerCase()),
  );
  if (own.length === 0) return undefined;
  const hashes = own.map((column) => `hash(${quoteName(column.name)})`);
  try {
    await queryRows(
      connection,
      `SELECT ${hashes.map((hash) => `max(${hash})`).join(', ')} FROM ${parquetSource(file.path)}`,
    );
    return undefined;
  } catch (thrown) {
    return unreadable(file.path, firstLine(thrown).replace(/\.$/, ''), thrown);
  }
}
