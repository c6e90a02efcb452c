import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ColumnSource, parquetWriteFile } from 'hyparquet-writer';
import type { SubsetOptions } from '../../src/subset/options.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import type { MetadataRow, TagRow } from './oracle.ts';

/** A folder that goes with the test. */
export async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-subset-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Options of a subset of everything; override what matters. */
export function optionsOf(folder: string, changes: Partial<SubsetOptions> = {}): SubsetOptions {
  return {
    metadata: [join(folder, 'metadata')],
    tags: [],
    selections: [{ name: 'all', kind: 'all' }],
    missingTags: 'drop',
    deduplicate: false,
    laionCompat: false,
    swapWidthHeight: false,
    skipBadFiles: false,
    outputFolder: join(folder, 'out'),
    outputFiles: 3,
    compression: 'snappy',
    overwrite: false,
    threads: 2,
    memoryLimitMb: 512,
    command: 'bowerbird subset',
    ...changes,
  };
}

/** Writes files of metadata as `part-0.parquet` ... into `folder/metadata`. */
export async function writeMetadata(
  folder: string,
  files: readonly (readonly MetadataRow[])[],
): Promise<void> {
  await writeFiles(join(folder, 'metadata'), files, (rows) => [
    { name: 'URL', data: rows.map((row) => row.URL), type: 'STRING' },
    { name: 'TEXT', data: rows.map((row) => row.TEXT), type: 'STRING' },
    { name: 'WIDTH', data: rows.map((row) => row.WIDTH), type: 'INT32' },
    { name: 'hash', data: rows.map((row) => row.hash), type: 'INT64' },
  ]);
}

/** Writes files of tags into `folder/tags`, scores as float32. */
export async function writeTags(folder: string, files: readonly (readonly TagRow[])[]): Promise<void> {
  await writeFiles(join(folder, 'tags'), files, (rows) => [
    { name: 'hash', data: rows.map((row) => row.hash), type: 'INT64' },
    { name: 'prediction', data: rows.map((row) => row.prediction), type: 'FLOAT' },
    { name: 'punsafe', data: rows.map((row) => row.punsafe), type: 'FLOAT' },
  ]);
}

async function writeFiles<Row>(
  folder: string,
  files: readonly (readonly Row[])[],
  columns: (rows: readonly Row[]) => ColumnSource[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  files.forEach((rows, i) => {
    // The writer's dictionaries take -0 for 0.
    const columnData = columns(rows).map((column) => ({
      ...column,
      nullable: true,
      encoding: 'PLAIN' as const,
    }));
    parquetWriteFile({ filename: join(folder, `part-${i}.parquet`), columnData, rowGroupSize: 20_000 });
  });
}

/** The Parquet files of a subset in the order of their names. */
export async function partsOf(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

/** All rows of a subset, file after file, read by hyparquet. */
export async function readSubset(folder: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const name of await partsOf(folder)) rows.push(...(await readParquet(join(folder, name))));
  return rows;
}
