import { join } from 'node:path';
import { removeQuietly } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { RunFolder } from '../runs/run-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { openDuckDb, queryRows, quotePath } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';

/** A row that its run kept. */
export interface KeptRow {
  readonly hash: string | null;
  readonly key: string;
}

/** How the rows of a run ended. */
export interface RunRows {
  readonly rows: number;
  readonly scored: number;
  /** The best first. */
  readonly kept: readonly KeptRow[];
}

const MEMORY_MB = 256;

/** Reads which rows a finished run has kept: those above its thresholds. @throws TableError BB_SHARD_READ */
export async function readKept(folder: string, { shards }: Pick<RunRecord, 'shards'>): Promise<RunRows> {
  const run = new RunFolder(folder);
  const paths = Array.from({ length: shards }, (_, id) => quotePath(run.tags(id)));
  const source = `read_parquet([${paths.join(', ')}], hive_partitioning = false)`;
  const spill = await makeTemporaryFolder('watch');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder: join(spill, 'spill') });
  const connection = await instance.connect();
  try {
    const [counts] = await queryRows<{ total: bigint; scored: bigint }>(
      connection,
      `SELECT count(*) AS total, count(*) FILTER (status = 'success') AS scored FROM ${source}`,
    );
    const kept = await queryRows<KeptRow>(
      connection,
      `SELECT hash::VARCHAR AS hash, key FROM ${source} WHERE kept ORDER BY aesthetic DESC NULLS LAST, key`,
    );
    return { rows: Number(counts!.total), scored: Number(counts!.scored), kept };
  } catch (thrown) {
    throw readFailure(folder, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await removeQuietly(spill);
  }
}
