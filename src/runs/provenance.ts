import { type Provenance, uniteProvenance } from '../samples/provenance/provenance.ts';
import { openDuckDb } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { readFileProvenance } from '../tables/provenance.ts';

const MEMORY_LIMIT_MB = 128;
const NOTHING: Provenance = { scores: {} };

/**
 * Where the scores of a run come from, by its tags; of files that state nothing, by its run.json.
 *
 * @param temporaryFolder where DuckDB may spill
 * @throws TableError BB_SHARD_READ
 */
export async function readRunProvenance(
  tagFiles: readonly string[],
  temporaryFolder: string,
): Promise<Provenance> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    let united: Provenance | undefined;
    for (const path of tagFiles) {
      const stated = await readFileProvenance(connection, path).catch((thrown: unknown) => {
        throw readFailure(path, thrown);
      });
      if (stated) united = united ? uniteProvenance([united, stated]) : stated;
    }
    return united ?? NOTHING;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
