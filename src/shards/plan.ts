import { existsSync, realpathSync } from 'node:fs';
import pLimit from 'p-limit';
import { BowerbirdError } from '../base/errors.ts';
import { PATH_COLUMN } from '../pictures/picture-row.ts';
import { type BadFile, BadFiles } from '../tables/bad-files.ts';
import { columnAdvice, embeddingNote } from '../tables/column-hints.ts';
import { asSpelt, type ColumnMapping, columnOf, type SchemaColumn } from '../tables/columns.ts';
import { ScanInstance } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import {
  type FoundInput,
  type InputFormat,
  isPictureFormat,
  type PictureFormat,
  refuseIdleDialect,
  type TextOptions,
} from '../tables/formats.ts';
import { findPictures, type PictureSearch } from '../tables/inputs/pictures.ts';
import { type ExpandOptions, expandInputs } from '../tables/inputs.ts';
import { type ColumnChoice, type FoundColumns, findColumns, findPartsOf } from '../tables/parts.ts';
import { withImageColumns } from '../tables/pictures/image-inputs.ts';
import { describeParts, type PlayedPart } from '../tables/played-parts.ts';
import { type TagOrigins, tagOriginsOf } from '../tables/provenance.ts';
import { makeReadable, type ReadableInput } from '../tables/readable.ts';
import { settleSchema } from '../tables/schema.ts';
import { checkValues } from './checked-values.ts';
import { cutShards, type ShardSpec } from './cut-shards.ts';
import { tellEmpty } from './empty-inputs.ts';
import { tellSharedPaths } from './shared-paths.ts';

export type { ShardSpec } from './cut-shards.ts';

/** One input file of a run. */
export interface InputFile extends Omit<ReadableInput, 'columns' | 'provenance'> {
  /** Where its own tags come from; of those that it has. */
  readonly tagOrigins?: TagOrigins;
}

/** What a run reads: plain data, ready for JSON. */
export interface RunPlan {
  readonly inputs: readonly InputFile[];
  readonly shards: readonly ShardSpec[];
  readonly rowCount: number;
  readonly samplesPerShard: number;
  /** Without `url` where images lie in files: `path` is there then. */
  readonly columns: Partial<ColumnMapping>;
  /** Which column plays which part, what it is converted to, and how many of its texts stand for none. */
  readonly parts: readonly PlayedPart[];
  /** The columns of all inputs together, with DuckDB's names for the types that they are read as. */
  readonly schema: readonly SchemaColumn[];
  /** Of its columns those that go into the output beside those that play a part; all where absent. */
  readonly savedColumns?: readonly string[];
  /** A column that is read and need not go into the output: expected digests. */
  readonly digestColumn?: string;
  /** Inputs that are not among `inputs`, by path. */
  readonly badFiles: readonly BadFile[];
}

/** Whether the images of a plan lie in files. */
export function holdsPictures({ inputs }: Pick<RunPlan, 'inputs'>): boolean {
  return inputs.some(({ format }) => isPictureFormat(format));
}

/** What to plan. */
export interface PlanOptions
  extends ColumnChoice,
    Pick<ExpandOptions, 'output' | 'onNote'>,
    Pick<PictureSearch, 'isPicturesOnly'> {
  /** What every input holds, whatever its name. */
  readonly inputFormat?: InputFormat | PictureFormat | undefined;
  /** Files, folders, globs and brace patterns. */
  readonly inputs: readonly string[];
  /** The column of images in Parquet inputs; found by its name or type where not given. */
  readonly imageColumn?: string | undefined;
  /** How text inputs are read. */
  readonly text?: TextOptions | undefined;
  /** Whether inputs that cannot be read, or do not fit the others, are passed over. */
  readonly skipBadFiles?: boolean | undefined;
  readonly samplesPerShard: number;
  /** Where text inputs are kept as Parquet; made when it is needed. */
  readonly stagingFolder: string;
  /** Told in a line what has been done: often within a long listing, and after each input file. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

const FOOTERS_AT_ONCE = 8;
const PLANNING_MEMORY_MB = 1024;

/**
 * Finds the inputs, lists images that lie in files, reads the footers of Parquet files (and of their rows only hashes and scores that are kept as text,
 * to see whether they are numbers, and scores up to the first), stages text files as Parquet, settles one schema and the part that each column
 * plays, and cuts the rows into shards.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_INPUT_EMPTY, BB_INPUT_VALUE, BB_COLUMN_MISSING,
 *   BB_SCHEMA_MISMATCH, BB_SHARD_WRITE and BB_DISK_FULL (staging)
 */
export async function planRun(options: PlanOptions): Promise<RunPlan> {
  const found = await findInputs(options);
  refuseIdleDialect(found, options.text ?? {});
  const bad = new BadFiles(options.skipBadFiles === true, found.length > 1);
  const instance = new ScanInstance({
    memoryLimitMb: PLANNING_MEMORY_MB,
    temporaryFolder: options.stagingFolder,
  });
  try {
    const opened = withImageColumns(await openAll(instance, found, options, bad), options);
    tellEmpty(opened, options.onNote);
    const { tables, settled } = await settleFitting(instance, opened, options, bad);
    const { notes, ...plan } = settled;
    for (const note of notes) options.onNote?.(note);
    const aside = options.inputFormat === undefined && !holdsPictures({ inputs: tables });
    const beside = aside ? embeddingNote(tables) : undefined;
    if (beside !== undefined) options.onNote?.(beside);
    await tellSharedPaths(instance, tables, settled.columns, options.onNote);
    return {
      inputs: tables.map(({ columns, provenance, ...file }) => ({
        ...file,
        tagOrigins: tagOriginsOf({ ...file, columns, provenance }, settled.columns),
      })),
      shards: cutShards(tables, options.samplesPerShard),
      rowCount: tables.reduce((sum, { rowCount }) => sum + rowCount, 0),
      samplesPerShard: options.samplesPerShard,
      ...plan,
      badFiles: bad.files,
    };
  } finally {
    instance.close();
  }
}

async function findInputs(options: PlanOptions): Promise<FoundInput<InputFormat | PictureFormat>[]> {
  const { inputs, inputFormat, isPicturesOnly, onNote } = options;
  const search = { inputFormat, except: outputIn(options), isPicturesOnly, onNote };
  const pictures = await findPictures(inputs, search);
  if (pictures) return pictures;
  // Images in a column are found as other Parquet files are.
  return expandInputs(inputs, {
    ...options,
    inputFormat: isPictureFormat(inputFormat) ? 'parquet' : inputFormat,
  });
}

/** The output's path without links, where there is one already. */
function outputIn({ output }: PlanOptions): string | undefined {
  return output && existsSync(output.path) ? realpathSync(output.path) : undefined;
}

interface SettledColumns extends Pick<RunPlan, 'columns' | 'parts' | 'schema'> {
  /** What a person is to know of them, a line each. */
  readonly notes: readonly string[];
}

/** Settles the columns of the files that go together in one table; one that does not goes to `bad`, and the others go on. */
async function settleFitting(
  instance: ScanInstance,
  opened: readonly ReadableInput[],
  options: PlanOptions,
  bad: BadFiles,
): Promise<{ tables: readonly ReadableInput[]; settled: SettledColumns }> {
  let tables = opened;
  for (;;) {
    if (tables.length === 0) bad.nothingLeft();
    try {
      return { tables, settled: await settleColumns(instance, tables, options) };
    } catch (thrown) {
      await instance.reset();
      const path = blamedPath(thrown, tables);
      if (path === undefined) throw thrown;
      bad.passOver(path, thrown);
      tables = tables.filter((table) => table.path !== path);
    }
  }
}

/** The file that an error is about; of two that do not fit, the one that came later. */
function blamedPath(thrown: unknown, tables: readonly ReadableInput[]): string | undefined {
  if (!(thrown instanceof BowerbirdError)) return undefined;
  const { path, paths } = thrown.fields;
  const named = [path, ...(Array.isArray(paths) ? (paths as readonly string[]) : [])];
  return tables.filter((table) => named.includes(table.path)).at(-1)?.path;
}

async function settleColumns(
  instance: ScanInstance,
  tables: readonly ReadableInput[],
  options: PlanOptions,
): Promise<SettledColumns> {
  const { columns, empty } = findRunParts(tables, options);
  if (columns.url !== undefined && columns.path === undefined) requireUrlEverywhere(tables, columns.url);
  const { missing, unfit, notes } = await checkValues(instance, tables, columns);
  const schema = settleSchema(tables, columns);
  return {
    columns: asSpelt(columns, schema),
    parts: describeParts(tables, { columns, empty }, missing, unfit),
    schema,
    notes,
  };
}

async function openAll(
  instance: ScanInstance,
  found: readonly FoundInput<InputFormat | PictureFormat>[],
  options: PlanOptions,
  bad: BadFiles,
): Promise<ReadableInput[]> {
  const { stagingFolder, text = {}, onProgress } = options;
  const except = outputIn(options);
  const staging = { stagingFolder, text, except, takesDamaged: bad.skip, isReadByRanges: true, onProgress };
  const footers = pLimit(FOOTERS_AT_ONCE);
  const conversions = pLimit(1);
  let filesDone = 0;
  let hasFailed = false;
  const openOne = async (
    input: FoundInput<InputFormat | PictureFormat>,
  ): Promise<ReadableInput | undefined> => {
    if (hasFailed) return undefined;
    try {
      return await makeReadable(instance, input, staging);
    } catch (thrown) {
      hasFailed = !bad.skip;
      await instance.reset();
      bad.passOver(input.path, thrown);
      return undefined;
    } finally {
      filesDone++;
      onProgress?.(`Read ${filesDone} of ${found.length} input files`);
    }
  };
  // All have ended before the database is closed: it may not be taken from under a query.
  const opened = await Promise.allSettled(
    found.map((input) => (input.format === 'parquet' ? footers : conversions)(openOne, input)),
  );
  return opened.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value ?? [];
  });
}

/** @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
function findRunParts(tables: readonly ReadableInput[], options: PlanOptions): FoundColumns {
  const { columns, empty } = findPartsOf(tables, options);
  if (holdsPictures({ inputs: tables })) return { columns: withPictures(columns, tables), empty };
  if (columns.url !== undefined) return { columns, empty };
  const schema = tables.flatMap((table) => table.columns);
  const { url } = findColumns(schema, options, columnAdvice(schema));
  throw new TableError(
    'BB_COLUMN_MISSING',
    `The column "${url}" has no value in any input, so there is nothing to download. Name the column of URLs with --url-col.`,
    { fields: { column: url } },
  );
}

/** What names images that have no URL, and the column that has them. */
function withPictures(
  columns: Partial<ColumnMapping>,
  tables: readonly ReadableInput[],
): Partial<ColumnMapping> {
  const image = tables.find(({ imageColumn }) => imageColumn)?.imageColumn?.name;
  return { ...columns, path: PATH_COLUMN, ...(image !== undefined && { image }) };
}

function requireUrlEverywhere(tables: readonly ReadableInput[], url: string): void {
  for (const { path, rowCount, columns: own } of tables) {
    if (rowCount === 0 || columnOf(own, url)) continue;
    const columns = own.map((column) => column.name);
    throw new TableError(
      'BB_COLUMN_MISSING',
      `${path} has no column "${url}", which holds the URLs of the other inputs. It has: ${columns.join(', ')}.`,
      { fields: { path, columns } },
    );
  }
}
