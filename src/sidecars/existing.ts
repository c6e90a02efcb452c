import { BowerbirdError } from '../base/errors.ts';
import { PROVENANCE_KEY, provenanceText } from '../samples/provenance/provenance.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { readMetadataText } from '../tables/provenance.ts';
import { isStatement, SIDECAR_KEY } from './statement.ts';
import type { SidecarJob } from './write.ts';

/**
 * Whether what stands in a sidecar's place is that sidecar. What is another one of the same scores, from before the run or
 * its input changed, may be replaced; anything else is not.
 *
 * @param overwrite whether sidecars with scores of another head or model are replaced too
 * @throws BowerbirdError BB_OUTPUT_EXISTS
 */
export async function isUpToDate(
  connection: DuckDBConnection,
  { path, statement, provenance }: SidecarJob,
  overwrite: boolean,
): Promise<boolean> {
  const stated = await readText(connection, path, SIDECAR_KEY);
  if (stated === undefined || !isStatement(stated)) throw foreign(path);
  const origins = await readText(connection, path, PROVENANCE_KEY);
  if (origins === provenanceText(provenance)) return stated === statement;
  if (overwrite) return false;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} has scores that come from another head or model than those of this run. Replace it with --incremental-mode overwrite, ` +
      'or choose another --output-folder.',
    { fields: { path } },
  );
}

function foreign(path: string): BowerbirdError {
  return new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} exists already and is no sidecar of bowerbird: it is not replaced. Move it away, or choose another --output-folder.`,
    { fields: { path } },
  );
}

/** Undefined for whatever is no Parquet file, too. */
async function readText(
  connection: DuckDBConnection,
  path: string,
  key: string,
): Promise<string | undefined> {
  return readMetadataText(connection, path, key).catch(() => undefined);
}
