import pLimit from 'p-limit';
import { BowerbirdError } from '../base/errors.ts';
import {
  type ColumnChoice,
  type ColumnMapping,
  columnOf,
  findColumns,
  type SchemaColumn,
} from './columns.ts';
import { openDuckDb } from './duckdb.ts';
import { ShardError } from './errors.ts';
import { expandInputs, type FoundInput, type InputFormat } from './inputs.ts';
import { makeReadable, type ReadableInput } from './readable.ts';
import { type FileSchema, unifySchemas } from './schema.ts';
import { isDialectGiven, type TextOptions } from './text-options.ts';

/** One input file of a run. */
export type InputFile = Omit<ReadableInput, 'columns'>;

/** One shard: consecutive rows of one input file. */
export interface ShardSpec {
  readonly id: number;
  readonly inputIndex: number;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/** What a run reads: plain data, ready for JSON. */
export interface RunPlan {
  readonly inputs: readonly InputFile[];
  readonly shards: readonly ShardSpec[];
  readonly rowCount: number;
  readonly samplesPerShard: number;
  readonly columns: ColumnMapping;
  /** The columns of all inputs together, with DuckDB's names for the types that they are read as. */
  readonly schema: readonly SchemaColumn[];
}

/** What to plan. */
export interface PlanOptions extends ColumnChoice {
  /** Files, folders, globs and brace patterns. */
  readonly inputs: readonly string[];
  readonly inputFormat?: InputFormat | undefined;
  /** How text inputs are read. */
  readonly text?: TextOptions | undefined;
  readonly samplesPerShard: number;
  /** Where text inputs are kept as Parquet; made when it is needed. */
  readonly stagingFolder: string;
  /** Told in a line what has been done, after each input file. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Told in a line each what a person should know of the inputs. */
  readonly onNote?: ((message: string) => void) | undefined;
}

const FOOTERS_AT_ONCE = 8;
const PLANNING_MEMORY_MB = 1024;

interface InspectedInput {
  readonly file: InputFile;
  readonly schema: FileSchema;
}

/**
 * Cuts files into shards of at most `samplesPerShard` consecutive rows, numbered from 0 over all files in order.
 * A shard never crosses a file, as in img2dataset: the last one of each file is shorter.
 */
export function cutShards(
  inputs: readonly Pick<InputFile, 'rowCount'>[],
  samplesPerShard: number,
): ShardSpec[] {
  const shards: ShardSpec[] = [];
  for (const [inputIndex, { rowCount }] of inputs.entries()) {
    for (let firstRow = 0; firstRow < rowCount; firstRow += samplesPerShard) {
      const rows = Math.min(samplesPerShard, rowCount - firstRow);
      shards.push({ id: shards.length, inputIndex, firstRow, rowCount: rows });
    }
  }
  return shards;
}

/**
 * Finds the inputs, reads the footers of Parquet files (and nothing else of them), stages text files as Parquet,
 * settles one schema and the part that each column plays, and cuts the rows into shards.
 *
 * @throws ShardError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_INPUT_EMPTY, BB_COLUMN_MISSING,
 *   BB_SCHEMA_MISMATCH, BB_SHARD_WRITE and BB_DISK_FULL (staging)
 */
export async function planRun(options: PlanOptions): Promise<RunPlan> {
  const found = await expandInputs(options.inputs, options);
  refuseIdleDialect(found, options.text ?? {});
  const inspected = await inspectAll(found, options);
  tellEmpty(
    inspected.map(({ file }) => file),
    options.onNote,
  );
  const schema = settleSchema(
    inspected.map((input) => input.schema),
    options,
  );
  const columns = findColumns(schema, options);
  requireUrlEverywhere(inspected, columns.url);
  const inputs = inspected.map((input) => input.file);
  return {
    inputs,
    shards: cutShards(inputs, options.samplesPerShard),
    rowCount: inputs.reduce((sum, input) => sum + input.rowCount, 0),
    samplesPerShard: options.samplesPerShard,
    columns,
    schema,
  };
}

/** @throws BowerbirdError BB_USAGE for what is said of files that are not among the inputs */
function refuseIdleDialect(found: readonly FoundInput[], text: TextOptions): void {
  const isText = found.some(({ format }) => format !== 'parquet');
  const isDelimited = found.some(({ format }) => format === 'csv' || format === 'tsv');
  if (isDialectGiven(text) && !isDelimited) {
    throw new BowerbirdError(
      'BB_USAGE',
      '--delimiter, --quote and --no-header are for CSV and TSV; no input is either.',
    );
  }
  if (text.encoding !== undefined && !isText) {
    throw new BowerbirdError('BB_USAGE', '--encoding is for text inputs; no input is one.');
  }
}

async function inspectAll(found: readonly FoundInput[], options: PlanOptions): Promise<InspectedInput[]> {
  const instance = await openDuckDb({
    memoryLimitMb: PLANNING_MEMORY_MB,
    temporaryFolder: options.stagingFolder,
  });
  const footers = pLimit(FOOTERS_AT_ONCE);
  const conversions = pLimit(1);
  let filesDone = 0;
  const inspectOne = async (input: FoundInput): Promise<InspectedInput> => {
    const { columns, ...file } = await makeReadable(instance, input, {
      stagingFolder: options.stagingFolder,
      text: options.text ?? {},
    });
    filesDone++;
    options.onProgress?.(`Read ${filesDone} of ${found.length} input files`);
    return { file, schema: { path: file.path, columns, soft: file.format !== 'parquet' } };
  };
  try {
    return await Promise.all(
      found.map((input) => (input.format === 'parquet' ? footers : conversions)(inspectOne, input)),
    );
  } finally {
    footers.clearQueue();
    conversions.clearQueue();
    instance.closeSync();
  }
}

/** Names the files without rows. @throws ShardError BB_INPUT_EMPTY where none has any */
function tellEmpty(files: readonly InputFile[], onNote: PlanOptions['onNote']): void {
  const empty = files.filter(({ rowCount }) => rowCount === 0);
  if (empty.length === 0) return;
  const names = empty.slice(0, 3).map((file) => `${file.path} (${howEmpty(file)})`);
  const list = `${names.join(', ')}${empty.length > names.length ? ', ...' : ''}`;
  if (empty.length < files.length) {
    onNote?.(`${empty.length} of ${files.length} input files hold no rows: ${list}.`);
    return;
  }
  throw new ShardError('BB_INPUT_EMPTY', `The inputs hold no rows: ${list}. There is nothing to do.`, {
    fields: { paths: empty.map(({ path }) => path) },
  });
}

function howEmpty({ format, sizeBytes }: InputFile): string {
  if (sizeBytes === 0) return 'empty, 0 bytes';
  const what = format === 'csv' || format === 'tsv' ? 'a header and no more, ' : '';
  return `${what}${sizeBytes} bytes`;
}

/** Guessed types stand, but for the URL and the caption: "2012" is a caption, and its bytes are hashed. */
function settleSchema(files: readonly FileSchema[], choice: ColumnChoice): SchemaColumn[] {
  const unified = unifySchemas(files);
  const { url, caption } = findColumns(unified, choice);
  return unified.map(({ name, type, soft }) => ({
    name,
    type: soft && (name === url || name === caption) ? 'VARCHAR' : type,
  }));
}

function requireUrlEverywhere(inspected: readonly InspectedInput[], url: string): void {
  for (const { file, schema } of inspected) {
    if (file.rowCount === 0 || columnOf(schema.columns, url)) continue;
    const columns = schema.columns.map((column) => column.name);
    throw new ShardError(
      'BB_COLUMN_MISSING',
      `${file.path} has no column "${url}", which holds the URLs of the other inputs. It has: ${columns.join(', ')}.`,
      { fields: { path: file.path, columns } },
    );
  }
}
