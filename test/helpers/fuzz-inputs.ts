import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BowerbirdError } from '../../src/base/errors.ts';
import { ShardDatabase } from '../../src/shards/database.ts';
import { planRun } from '../../src/shards/plan.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { randomNumbers } from './random-numbers.ts';

/** A whole file that is to be mutated. */
interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
}

/** How a mutated file ended. */
export interface FuzzOutcome {
  readonly name: string;
  /** A stable code where it was refused; `read` where all rows came; anything else is a fault. */
  readonly ended: string;
  readonly fault: boolean;
}

const ROW_COUNT = 3000;
const SAMPLES_PER_SHARD = 700;

/** Files of every format that is read, each with the same kind of rows; loopback URLs that no download may reach. */
export async function makeSeeds(folder: string): Promise<Seed[]> {
  await mkdir(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const rows = `SELECT 'http://127.0.0.1:9/' || i || '.jpg' AS url, CASE WHEN i % 7 = 0 THEN NULL ELSE
    'caption "' || i || '" é, ' || repeat('x', i % 40) END AS caption, i * 7919 AS hash, i / 3000 AS punsafe,
    [i, i + 1] AS list FROM range(${ROW_COUNT}) t(i)`;
  const outputs = [
    ['snappy.parquet', 'FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048'],
    ['zstd.parquet', 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2'],
    ['plain.parquet', 'FORMAT parquet, COMPRESSION uncompressed'],
    ['gzip.parquet', 'FORMAT parquet, COMPRESSION gzip'],
    ['a.csv', 'FORMAT csv, HEADER'],
    ['a.tsv', "FORMAT csv, HEADER, DELIMITER '\t'"],
    ['a.jsonl', 'FORMAT json'],
    ['a.json', 'FORMAT json, ARRAY true'],
  ] as const;
  const seeds: Seed[] = [];
  for (const [name, options] of outputs) {
    const path = join(folder, name);
    await connection.run(`COPY (${rows}) TO '${path}' (${options})`);
    seeds.push({ name, bytes: await readFile(path) });
  }
  connection.closeSync();
  instance.closeSync();
  const csv = seeds.find(({ name }) => name === 'a.csv')!.bytes;
  const utf16 = Buffer.from(`\uFEFF${csv.toString('utf8')}`, 'utf16le');
  return [...seeds, { name: 'b.csv.gz', bytes: gzipSync(csv) }, { name: 'utf16.csv', bytes: utf16 }];
}

/** One file of those, changed in one to four places: flipped, cut, inserted or swapped. The same number gives the same. */
export function mutate(seeds: readonly Seed[], number: number): Seed {
  const random = randomNumbers(number * 2 + 1);
  for (let i = 0; i < 8; i++) random();
  const below = (limit: number): number => Math.floor(random() * limit);
  const seed = seeds[below(seeds.length)]!;
  let bytes = Buffer.from(seed.bytes);
  for (let round = 1 + below(4); round > 0; round--) {
    // Half of the changes go to the end, where Parquet has its footer.
    const at = random() < 0.5 ? below(bytes.length) : Math.max(0, bytes.length - 1 - below(1200));
    const kind = below(6);
    if (kind <= 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(200))]);
    else if (kind === 3) {
      const inserted = Buffer.from(Array.from({ length: 1 + below(30) }, () => below(256)));
      bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
    } else if (kind === 4) {
      const length = 1 + below(300);
      const other = below(Math.max(1, bytes.length - length));
      const block = Buffer.from(bytes.subarray(other, other + length));
      bytes.copy(bytes, other, at, Math.min(bytes.length, at + length));
      block.copy(bytes, at);
    } else bytes[at] = [0x22, 0x0a, 0x0d, 0x2c, 0x7b, 0x00, 0xff, 0x7f][below(8)]!;
    if (bytes.length === 0) bytes = Buffer.from([0]);
  }
  return { name: seed.name, bytes };
}

/** Plans and reads a mutated file, with and without `--skip-bad-files` in turn, and checks that the rows sum up. */
export async function readMutated(
  folder: string,
  { name, bytes }: Seed,
  number: number,
): Promise<FuzzOutcome> {
  const path = join(folder, `${number}-${name}`);
  await writeFile(path, bytes);
  try {
    const ended = await readAll(path, join(folder, 'staging'), number % 2 === 0);
    return { name, ended, fault: ended !== 'read' };
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) return { name, ended: thrown.code, fault: false };
    const trace = thrown instanceof Error ? thrown.stack : String(thrown);
    return { name, ended: `raw error: ${trace}`, fault: true };
  } finally {
    await rm(path, { force: true });
    await rm(join(folder, 'staging'), { recursive: true, force: true });
  }
}

async function readAll(path: string, stagingFolder: string, skipBadRows: boolean): Promise<string> {
  const plan = await planRun({
    inputs: [path],
    samplesPerShard: SAMPLES_PER_SHARD,
    stagingFolder,
    skipBadFiles: skipBadRows,
  });
  const database = await ShardDatabase.open({
    memoryLimitMb: 512,
    temporaryFolder: stagingFolder,
    skipBadRows,
  });
  try {
    let rowCount = 0;
    for await (const shard of database.readShards(plan, new Set(plan.shards.map(({ id }) => id)))) {
      rowCount += shard.urls.length;
      await shard.release();
    }
    return rowCount === plan.rowCount ? 'read' : `${rowCount} rows of ${plan.rowCount}`;
  } finally {
    await database.close();
  }
}
