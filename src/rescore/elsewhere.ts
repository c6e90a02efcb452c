import { NPY_HEADER_MAX_BYTES } from '../base/npy.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { fetchRows } from '../tables/remote/fetch-rows.ts';
import {
  dropFetched,
  fetchBytes,
  isElsewhere,
  openRemoteBytes,
  openRemoteParquet,
} from '../tables/remote/remote-files.ts';
import type { NpyLayout } from './npy-header.ts';
import type { EmbeddingPair } from './pairs.ts';
import { rowRanges } from './sample-rows.ts';

/**
 * Makes the files of a pair that lie elsewhere ones that can be looked at: of a .npy file its header is here, of Parquet its footer.
 *
 * @throws TableError BB_INPUT_NOT_FOUND; StorageError; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL
 */
export async function openPair({ embeddings, metadata, isParquet }: EmbeddingPair): Promise<void> {
  if (isParquet) return openParquet(embeddings);
  if (isElsewhere(embeddings)) {
    await openRemoteBytes(embeddings);
    await fetchBytes(embeddings, [{ from: 0, bytes: NPY_HEADER_MAX_BYTES }]);
  }
  if (metadata !== undefined) await openParquet(metadata);
}

/** Fetches the rows of a .npy file that are sampled. @throws as `openPair` */
export async function fetchSample(embeddings: string, layout: NpyLayout): Promise<void> {
  await fetchBytes(embeddings, rowRanges(layout));
}

/** Does something with all rows of a pair, which are here meanwhile. @throws as `openPair`; what `work` throws */
export async function withRowsHere<T>(
  connect: () => Promise<DuckDBConnection>,
  { embeddings, metadata, isParquet }: EmbeddingPair,
  work: () => Promise<T>,
): Promise<T> {
  const tables = [...new Set([isParquet ? embeddings : undefined, metadata])].filter(
    (path) => path !== undefined,
  );
  try {
    if (!isParquet) await fetchBytes(embeddings, [{ from: 0, bytes: Number.POSITIVE_INFINITY }]);
    for (const path of tables.filter(isElsewhere)) {
      const connection = await connect();
      try {
        await fetchRows(connection, path);
      } finally {
        connection.closeSync();
      }
    }
    return await work();
  } finally {
    for (const path of new Set([embeddings, ...tables])) await dropFetched(path);
  }
}

async function openParquet(path: string): Promise<void> {
  if (isElsewhere(path)) await openRemoteParquet(path);
}
