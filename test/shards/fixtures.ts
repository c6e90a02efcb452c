import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type ColumnSource, parquetWriteFile } from 'hyparquet-writer';
import type { Provenance } from '../../src/samples/provenance/provenance.ts';
import { ShardDatabase, type ShardDatabaseOptions } from '../../src/shards/database.ts';
import { type PlanOptions, planRun, type RunPlan } from '../../src/shards/plan.ts';
import type { ShardResults } from '../../src/shards/results.ts';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';

/** Of scores that no test looks at. */
export const PROVENANCE: Provenance = { scores: {} };

/** A temporary folder that goes with the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-shards-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs SQL in a DuckDB of its own; the statement writes the file. */
export async function duck(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

/** Writes columns with hyparquet-writer. */
export function writeColumns(
  path: string,
  columnData: ColumnSource[],
  options: { rowGroupSize?: number; pageSize?: number; statistics?: boolean } = {},
): void {
  parquetWriteFile({ filename: path, columnData, ...options });
}

/** A whole Parquet file, read by hyparquet. */
export async function readRows(path: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return parquetReadObjects({ file, compressors });
}

/** A Parquet file's leaf columns as hyparquet finds them: name, physical type, logical or converted type. */
export async function readSchema(path: string): Promise<string[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const [, ...leaves] = parquetMetadata(file).schema;
  return leaves.map(({ name, type, converted_type }) =>
    converted_type ? `${name} ${type} ${converted_type}` : `${name} ${type}`,
  );
}

/** Plans with the folder's own staging. */
export function plan(
  folder: string,
  inputs: string | string[],
  options: Partial<PlanOptions> = {},
): Promise<RunPlan> {
  return planRun({
    inputs: [inputs].flat(),
    samplesPerShard: 10_000,
    stagingFolder: join(folder, 'staging'),
    ...options,
  });
}

/** Opens a database that goes with the test. */
export async function openDatabase(
  t: ExecutionContext,
  folder: string,
  options: Partial<ShardDatabaseOptions> = {},
): Promise<ShardDatabase> {
  const temporaryFolder = join(folder, 'spill');
  const database = await ShardDatabase.open({ memoryLimitMb: 512, temporaryFolder, ...options });
  t.teardown(() => database.close());
  return database;
}

/** What one shard handed over to JavaScript. */
export type ReadShard = Pick<StagedShard, 'spec' | 'keys' | 'urls' | 'hashes' | 'tags'>;

/** Reads shards (all of them unless said otherwise) and releases them. */
export async function readAll(
  t: ExecutionContext,
  folder: string,
  runPlan: RunPlan,
  wanted: ReadonlySet<number> = new Set(runPlan.shards.map((shard) => shard.id)),
): Promise<ReadShard[]> {
  const database = await openDatabase(t, folder);
  const shards: ReadShard[] = [];
  for await (const { spec, keys, urls, hashes, tags, ...shard } of released(database, runPlan, wanted)) {
    shards.push({ spec, keys, urls, hashes, tags, ...shard });
  }
  return shards;
}

async function* released(
  database: ShardDatabase,
  runPlan: RunPlan,
  wanted: ReadonlySet<number>,
): AsyncGenerator<ReadShard> {
  for await (const shard of database.readShards(runPlan, wanted)) {
    const { spec, keys, urls, hashes, tags } = shard;
    yield { spec, keys, urls, hashes, tags };
    await shard.release();
  }
}

/** Results of rows that all succeeded, with nothing known of them; override what matters. */
export function resultsOf(rowCount: number, changes: Partial<ShardResults> = {}): ShardResults {
  return {
    status: new Array(rowCount).fill('success'),
    reason: new Array(rowCount).fill(null),
    errorMessage: new Array(rowCount).fill(null),
    originalWidth: new Int32Array(rowCount),
    originalHeight: new Int32Array(rowCount),
    aesthetic: new Float32Array(rowCount).fill(Number.NaN),
    punsafe: new Float32Array(rowCount).fill(Number.NaN),
    pwatermark: new Float32Array(rowCount).fill(Number.NaN),
    kept: new Uint8Array(rowCount),
    droppedBy: new Array(rowCount).fill(null),
    ...changes,
  };
}
