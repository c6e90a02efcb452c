import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import pLimit from 'p-limit';
import { commitFile, temporaryPath } from '../base/files.ts';
import {
  type ColumnChoice,
  type ColumnMapping,
  columnOf,
  findColumns,
  type SchemaColumn,
} from './columns.ts';
import { openDuckDb } from './duckdb.ts';
import { ShardError } from './errors.ts';
import { readFooter } from './footer.ts';
import { expandInputs, type FoundInput, type InputFormat } from './inputs.ts';
import { type FileSchema, unifySchemas } from './schema.ts';
import { stageText } from './stage-text.ts';
import { fingerprintFile, isGzip, unpackTo } from './text-bytes.ts';

/** One input file of a run. */
export interface InputFile {
  /** Absolute. */
  readonly path: string;
  readonly format: InputFormat;
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** sha256 (hex): of size and footer for Parquet, of the whole file for the rest. */
  readonly fingerprint: string;
  /** The Parquet file that is read: `path` itself or its staged copy. */
  readonly readPath: string;
  /** Lines that break the format; each is a row of nulls. */
  readonly malformedRowCount: number;
}

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
  readonly samplesPerShard: number;
  /** Where text inputs are kept as Parquet; made when it is needed. */
  readonly stagingFolder: string;
  /** Told in a line what has been done, after each input file. */
  readonly onProgress?: ((message: string) => void) | undefined;
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
 * @throws ShardError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_COLUMN_MISSING,
 *   BB_SCHEMA_MISMATCH, BB_SHARD_WRITE and BB_DISK_FULL (staging)
 */
export async function planRun(options: PlanOptions): Promise<RunPlan> {
  const found = await expandInputs(options.inputs, options.inputFormat);
  const inspected = await inspectAll(found, options);
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

async function inspectAll(found: readonly FoundInput[], options: PlanOptions): Promise<InspectedInput[]> {
  const instance = await openDuckDb({
    memoryLimitMb: PLANNING_MEMORY_MB,
    temporaryFolder: options.stagingFolder,
  });
  const footers = pLimit(FOOTERS_AT_ONCE);
  const conversions = pLimit(1);
  let filesDone = 0;
  const inspectOne = async (input: FoundInput): Promise<InspectedInput> => {
    const inspected =
      input.format === 'parquet'
        ? await inspectParquet(instance, input, options.stagingFolder)
        : await inspectText(instance, input, options.stagingFolder);
    filesDone++;
    options.onProgress?.(`Read ${filesDone} of ${found.length} input files`);
    return inspected;
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

async function inspectParquet(
  instance: DuckDBInstance,
  { path, format }: FoundInput,
  stagingFolder: string,
): Promise<InspectedInput> {
  const readPath = (await isGzip(path)) ? await unpackParquet(path, stagingFolder) : path;
  const connection = await instance.connect();
  try {
    const { columns, ...footer } = await readFooter(connection, readPath);
    return {
      file: { path, format, ...footer, readPath, malformedRowCount: 0 },
      schema: { path, columns, soft: false },
    };
  } finally {
    connection.closeSync();
  }
}

async function unpackParquet(path: string, stagingFolder: string): Promise<string> {
  const { fingerprint } = await fingerprintFile(path);
  const readPath = join(stagingFolder, `${fingerprint}.parquet`);
  if (existsSync(readPath)) return readPath;
  await mkdir(stagingFolder, { recursive: true });
  const temporary = temporaryPath(readPath);
  await unpackTo(path, temporary);
  await commitFile(temporary, readPath);
  return readPath;
}

async function inspectText(
  instance: DuckDBInstance,
  input: FoundInput,
  stagingFolder: string,
): Promise<InspectedInput> {
  const identity = await fingerprintFile(input.path);
  await mkdir(stagingFolder, { recursive: true });
  const connection = await instance.connect();
  try {
    const staged = await stageText(connection, input, identity.fingerprint, stagingFolder);
    const { columns, ...rows } = staged;
    return {
      file: { path: input.path, format: input.format, ...identity, ...rows },
      schema: { path: input.path, columns, soft: true },
    };
  } finally {
    connection.closeSync();
  }
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
