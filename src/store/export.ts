import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { fileSystem } from '../base/file-system.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import { StoreError } from './errors.ts';
import type { StoreMeta } from './meta.ts';
import { encodeKv, type KvFormat } from './static-kv.ts';

/** What an export needs of a store. */
export interface ExportableStore {
  readonly meta: Pick<StoreMeta, 'columns' | 'precision'>;
  readonly entryCount: number;
  /** All entries, in ascending order of their hashes; NaN = null. */
  entries(): Iterable<ScoreRows>;
}

export interface ExportOptions {
  readonly columns: readonly Tag[];
  /** Called with the number of entries read so far. */
  readonly onProgress?: (entries: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * A store's entries with some of its columns, in ascending order of their hashes.
 *
 * @throws StoreError BB_COLUMN_MISSING before the first row; the signal's reason when it is aborted
 */
export function selectEntries(store: ExportableStore, options: ExportOptions): Iterable<ScoreRows> {
  const { columns: stored } = store.meta;
  const places = options.columns.map((column) => stored.indexOf(column));
  const missing = options.columns.filter((_, i) => places[i]! < 0);
  if (missing.length > 0) {
    throw new StoreError(
      'BB_COLUMN_MISSING',
      `The store has no ${missing.join(', ')}. It has: ${stored.join(', ')}.`,
      { fields: { columns: stored } },
    );
  }
  return selected(store, places, options);
}

function* selected(
  store: ExportableStore,
  places: readonly number[],
  { onProgress, signal }: ExportOptions,
): Generator<ScoreRows> {
  let entries = 0;
  for (const { hashes, columns } of store.entries()) {
    signal?.throwIfAborted();
    yield { hashes, columns: places.map((place) => columns[place]!) };
    entries += hashes.length;
    onProgress?.(entries);
  }
}

const WRITE_BYTES = 1024 * 1024;

/** What was written to a static-ondisk-kv file. */
export interface KvExport {
  readonly records: number;
  /** Entries with a null among the scores asked for, which the format cannot hold. */
  readonly leftOut: number;
  /** Of all bytes, in hex. */
  readonly sha256: string;
}

/**
 * Writes rows, sorted by hash, as a static-ondisk-kv file, in bounded memory.
 *
 * @param path a new file; it is not synced
 * @throws StoreError BB_SCORE_RANGE; errors of the file system
 */
export async function writeStaticKv(
  path: string,
  format: KvFormat,
  batches: Iterable<ScoreRows>,
): Promise<KvExport> {
  const handle = await fileSystem().open(path, 'wx');
  const checksum = createHash('sha256');
  let records = 0;
  let leftOut = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    await handle.writeFile(Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
    // Signals get their turn.
    await setImmediate();
  };
  try {
    for (const rows of batches) {
      const encoded = encodeKv(rows, format);
      records += encoded.count;
      leftOut += rows.hashes.length - encoded.count;
      checksum.update(encoded.bytes);
      pending.push(encoded.bytes);
      pendingBytes += encoded.bytes.length;
      if (pendingBytes >= WRITE_BYTES) await flush();
    }
    await flush();
  } finally {
    await handle.close();
  }
  return { records, leftOut, sha256: checksum.digest('hex') };
}
