import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { commitFile, removeQuietly, TEMPORARY_SUFFIX } from '../base/files.ts';
import { ownerName } from '../base/temporary-folder.ts';
import { checkShardFile } from '../runs/finished-shard.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { type Provenance, uniteProvenance } from '../samples/provenance/provenance.ts';
import { type DuckDBConnection, quoteName, quotePath, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';
import { provenanceOption, readFileProvenance } from '../tables/provenance.ts';
import type { SidecarColumn } from './columns.ts';
import { refuseChanged, type ScoredInput } from './run-inputs.ts';
import { SIDECAR_KEY } from './statement.ts';

/** What the name of a sidecar that is being written begins with, before its process' name. */
export const TEMPORARY_PREFIX = '.sidecar.';

/** A sidecar to write. */
export interface SidecarJob {
  readonly input: ScoredInput;
  readonly folder: RunFolder;
  readonly path: string;
  readonly columns: readonly SidecarColumn[];
  readonly statement: string;
  readonly provenance: Provenance;
}

const NOTHING: Provenance = { scores: {} };

/** Where the scores of an input's rows come from, by its tags. @throws errors of DuckDB */
export async function provenanceOf(
  connection: DuckDBConnection,
  folder: RunFolder,
  { shards }: ScoredInput,
): Promise<Provenance> {
  const stated: Provenance[] = [];
  for (const { id } of shards)
    stated.push((await readFileProvenance(connection, folder.tags(id))) ?? NOTHING);
  return uniteProvenance(stated);
}

/**
 * Writes a sidecar under a temporary name, and gives it its own once it is whole and on the disk. The tags are held against
 * their digests before they are read, and the shards' stats are looked at once more after that.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_CHANGED, BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function writeSidecar(connection: DuckDBConnection, job: SidecarJob): Promise<void> {
  const { input, folder, path, columns, statement, provenance } = job;
  const temporary = join(
    dirname(path),
    `${TEMPORARY_PREFIX}${ownerName()}-${randomUUID()}${TEMPORARY_SUFFIX}`,
  );
  for (const { id, files } of input.shards) await checkShardFile(folder.tags(id), { files });
  const tags = input.shards.map(({ id }) => quotePath(folder.tags(id))).join(', ');
  const selected = columns.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`).join(', ');
  try {
    await connection
      .run(
        `COPY (SELECT ${selected} FROM read_parquet([${tags}], hive_partitioning = false)) TO ${quoteText(temporary)}
         (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false,
          ${provenanceOption(provenance, { [SIDECAR_KEY]: statement })})`,
      )
      .catch((thrown: unknown) => {
        throw writeFailure(path, thrown);
      });
    await refuseChanged(folder, input.shards);
    await commitFile(temporary, path);
  } catch (thrown) {
    await removeQuietly(temporary);
    throw thrown;
  }
}
