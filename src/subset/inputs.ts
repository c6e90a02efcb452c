import { BowerbirdError, firstLine } from '../base/errors.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { asSpelt, type ColumnMapping, columnOf } from '../tables/columns.ts';
import { type DuckDBConnection, parquetSource, queryRows, quoteName } from '../tables/duckdb.ts';
import { TableError, unreadable } from '../tables/errors.ts';
import { knownFooters } from '../tables/footer-facts.ts';
import {
  type FoundInput,
  refuseIdleDialect,
  type StagingOptions,
  type TextReading,
} from '../tables/formats.ts';
import { expandInputs } from '../tables/inputs.ts';
import { KNOWN_NAMES, known, SCORE_NAMES } from '../tables/parts.ts';
import { readableOn } from '../tables/readable.ts';
import { isElsewhere, isFetchFailure } from '../tables/remote/remote-files.ts';
import { tagsOf, withTagsOfRuns } from '../tables/run-tags.ts';
import { settleSchema } from '../tables/schema.ts';
import { checkTexts, type MissingTexts } from '../tables/value-check.ts';
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
  readonly scores: Readonly<Partial<Record<Tag, string>>>;
}

/** The inputs, before they are opened. */
export interface FoundInputs {
  readonly metadata: readonly FoundInput[];
  readonly tags: readonly FoundInput[];
  /** True where the metadata are the tags of run folders. */
  readonly fromRuns: boolean;
}

/** How inputs are looked for. */
export interface FindOptions extends TextReading {
  readonly outputFolder: string;
  readonly publishedAt?: string | undefined;
  readonly onNote: ((note: string) => void) | undefined;
}

/**
 * Finds the files; those in the output folder are none.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_OUTPUT_FOLDER; BowerbirdError BB_USAGE
 */
export async function findInputs(
  metadata: readonly string[],
  tags: readonly string[],
  reading: FindOptions,
): Promise<FoundInputs> {
  const { outputFolder, publishedAt, text = {}, untoldFormat, onNote } = reading;
  const options = { output: { path: outputFolder, url: publishedAt }, untoldFormat, onNote };
  const fromRuns: boolean[] = [];
  for (const path of metadata) fromRuns.push((await tagsOf(path)) !== path);
  if (new Set(fromRuns).size > 1) {
    throw new TableError(
      'BB_SCHEMA_MISMATCH',
      'Metadata are either run folders or other files, not both: their columns mean different things. Make a subset of each.',
    );
  }
  const found = {
    metadata: await expandInputs(await withTagsOfRuns(metadata, onNote), options),
    tags: tags.length === 0 ? [] : await expandInputs(await withTagsOfRuns(tags, onNote), options),
    fromRuns: fromRuns[0] ?? false,
  };
  refuseIdleDialect([...found.metadata, ...found.tags], text);
  return found;
}

/** Looks at the footers of the Parquet files that lie on this machine, all together. */
export function footersOf(
  connection: DuckDBConnection,
  { metadata, tags }: Pick<FoundInputs, 'metadata' | 'tags'>,
): ReturnType<typeof knownFooters> {
  const own = [...metadata, ...tags].filter(({ path, format }) => format === 'parquet' && !isElsewhere(path));
  return knownFooters(connection, [...new Set(own.map(({ path }) => path))]);
}

/** Opens files for their columns; what cannot be taken goes to `onBad`, which throws or notes it. */
export async function openFiles(
  connection: DuckDBConnection,
  inputs: readonly FoundInput[],
  staging: StagingOptions,
  onBad: (path: string, error: BowerbirdError) => void,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const input of inputs) {
    try {
      const file = await readableOn(connection, input, staging);
      refuseReserved(
        file.path,
        file.columns.map((column) => column.name),
      );
      files.push(file);
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError) || isFetchFailure(thrown)) throw thrown;
      onBad(input.path, thrown);
    }
  }
  return files;
}

/** DuckDB numbers files and rows under these names; a column so called would stand in for them. */
const RESERVED = ['file_index', 'file_row_number', 'filename'];

function refuseReserved(path: string, names: readonly string[]): void {
  const taken = names.find((name) => RESERVED.includes(name.toLowerCase()));
  if (taken === undefined) return;
  throw new TableError(
    'BB_SCHEMA_MISMATCH',
    `${path} has a column "${taken}", a name that reading by file and row needs. Rename the column.`,
    { fields: { path, column: taken } },
  );
}

/**
 * The files in which every text in a column of hashes or scores can be taken. One that has others goes to `onBad`.
 */
export async function checkFiles(
  connection: DuckDBConnection,
  files: readonly SourceFile[],
  { columns, isTable }: { readonly columns: Partial<ColumnMapping>; readonly isTable: boolean },
  onBad: (path: string, error: BowerbirdError) => void,
): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for (const file of files) {
    try {
      checked.push({ file, missing: await checkTexts(connection, { ...file, isTable }, columns) });
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      onBad(file.path, thrown);
    }
  }
  return checked;
}

/** A file whose texts were looked at. */
export interface CheckedFile {
  readonly file: SourceFile;
  readonly missing: MissingTexts;
}

/**
 * One schema for files that are to be one table. A file that does not fit those before it goes to `onBad`.
 */
export function uniteFiles(
  files: readonly SourceFile[],
  columns: Partial<ColumnMapping>,
  onBad: (path: string, error: BowerbirdError) => void,
): SourceTable {
  const fitting: SourceFile[] = [];
  for (const file of files) {
    try {
      settleSchema([...fitting.slice(-1), file], columns);
      settleSchema([...fitting.slice(0, 1), file], columns);
      fitting.push(file);
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      onBad(file.path, thrown);
    }
  }
  const schema = settleSchema(fitting, columns);
  return { files: fitting, schema, columns: asSpelt(columns, schema) };
}

/**
 * The tag tables that files make: those with the same scores are one, in the order of their paths. Hashes are read as
 * int64 and scores as float32, whatever the files have.
 *
 * @throws TableError BB_SCHEMA_MISMATCH where two tables hold the same score
 */
export function tagTables(
  files: readonly SourceFile[],
  onBad: (path: string, error: BowerbirdError) => void,
): TagTable[] {
  const groups = new Map<string, ScoredFile[]>();
  for (const file of files) {
    try {
      const found = { file, ...scoresOf(file) };
      const key = Object.keys(found.scores).join('+');
      groups.set(key, [...(groups.get(key) ?? []), found]);
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      onBad(file.path, thrown);
    }
  }
  const tables = [...groups.values()].map((group) => tagTable(group, onBad));
  refuseTwice(tables);
  return tables;
}

interface ScoredFile extends Pick<TagTable, 'hash' | 'scores'> {
  readonly file: SourceFile;
}

function tagTable(
  [first, ...others]: readonly ScoredFile[],
  onBad: (path: string, error: BowerbirdError) => void,
): TagTable {
  // One name each for all files: the first file's. Another spelling of a score is another column to DuckDB.
  const { hash, scores } = first!;
  const wanted = [hash, ...Object.values(scores)].map((name) => name.toLowerCase());
  const files = [first!, ...others].filter(({ file: { path, columns } }) => {
    if (wanted.every((name) => columnOf(columns, name))) return true;
    onBad(
      path,
      new TableError(
        'BB_SCHEMA_MISMATCH',
        `${path} names its scores otherwise than ${first!.file.path}, which has ${wanted.join(', ')}. Give them one name.`,
        { fields: { path } },
      ),
    );
    return false;
  });
  return {
    files: files.map(({ file }) => ({
      ...file,
      columns: file.columns.filter((column) => wanted.includes(column.name.toLowerCase())),
    })),
    schema: [
      { name: hash, type: 'BIGINT' },
      ...Object.values(scores).map((name) => ({ name, type: 'FLOAT' })),
    ],
    columns: { hash, ...scores },
    hash,
    scores,
  };
}

/** @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
function scoresOf({ path, columns }: SourceFile): Pick<TagTable, 'hash' | 'scores'> {
  const described = columns.map((column) => ({ ...column, path }));
  const hash = known(described, 'hash', KNOWN_NAMES.hash)?.name;
  const scores: Partial<Record<Tag, string>> = {};
  for (const tag of TAGS) {
    const found = known(described, tag, SCORE_NAMES[tag]);
    if (found) scores[tag] = found.name;
  }
  if (hash !== undefined && Object.keys(scores).length > 0) return { hash, scores };
  const names = columns.map((column) => column.name);
  throw new TableError(
    'BB_COLUMN_MISSING',
    `${path} is no tag table: it needs a column hash and one of ${Object.values(SCORE_NAMES).flat().join(', ')}. It has: ${names.join(', ')}.`,
    { fields: { path, columns: names } },
  );
}

function refuseTwice(tables: readonly TagTable[]): void {
  for (const tag of TAGS) {
    const having = tables.filter((table) => table.scores[tag] !== undefined && table.files.length > 0);
    if (having.length < 2) continue;
    const paths = having.map((table) => table.files[0]!.path);
    throw new TableError(
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
  const own = file.columns.filter(
    ({ name, partition }) =>
      partition === undefined && names.some((used) => used.toLowerCase() === name.toLowerCase()),
  );
  if (own.length === 0) return undefined;
  const hashes = own.map((column) => `hash(${quoteName(column.name)})`);
  try {
    await queryRows(
      connection,
      `SELECT ${hashes.map((hash) => `max(${hash})`).join(', ')} FROM ${parquetSource(file.readPath)}`,
    );
    return undefined;
  } catch (thrown) {
    return unreadable(file.path, firstLine(thrown).replace(/\.$/, ''), thrown);
  }
}
