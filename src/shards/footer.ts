import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '../base/errors.ts';
import type { SchemaColumn } from './columns.ts';
import { openInput, readHead, refuseForeign } from './content.ts';
import { queryRows } from './duckdb.ts';
import { unreadable } from './errors.ts';
import { parquetSource, quotePath } from './sql.ts';

/** What a Parquet file's footer says of it. */
export interface Footer {
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** sha256 (hex) of the file's size and its footer, which holds the place and the statistics of every chunk. */
  readonly fingerprint: string;
  readonly columns: readonly SchemaColumn[];
}

/** The magic word and, before it, the footer's length (little-endian uint32). */
const TRAILER_BYTES = 8;
const MAGIC = 'PAR1';

/**
 * Reads a Parquet file's footer and nothing else.
 *
 * @throws ShardError BB_INPUT_UNREADABLE
 */
export async function readFooter(connection: DuckDBConnection, path: string): Promise<Footer> {
  const { sizeBytes, fingerprint } = await fingerprintOf(path);
  try {
    const [metadata] = await queryRows<{ num_rows: bigint }>(
      connection,
      `SELECT num_rows FROM parquet_file_metadata(${quotePath(path)})`,
    );
    return {
      rowCount: Number(metadata!.num_rows),
      sizeBytes,
      fingerprint,
      columns: await readColumns(connection, path),
    };
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  }
}

/** The columns of a Parquet file, with DuckDB's names for their types. */
export async function readColumns(connection: DuckDBConnection, path: string): Promise<SchemaColumn[]> {
  const rows = await queryRows<{ column_name: string; column_type: string }>(
    connection,
    `DESCRIBE SELECT * FROM ${parquetSource(path)}`,
  );
  return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
}

async function fingerprintOf(path: string): Promise<{ sizeBytes: number; fingerprint: string }> {
  const { head } = await readHead(path);
  if (head.length === 0) throw unreadable(path, 'it is empty (0 bytes)');
  const startsRight = head.toString('latin1', 0, MAGIC.length) === MAGIC;
  if (!startsRight) refuseForeign({ path, format: 'parquet' }, head);
  const handle = await openInput(path);
  try {
    const { size } = await handle.stat();
    const trailer = await readTail(handle, size, 0, TRAILER_BYTES);
    if (trailer.toString('latin1', 4) !== MAGIC) {
      const what = startsRight
        ? `it begins as a Parquet file does and does not end as one, so it is cut short (${size} bytes)`
        : 'it neither begins nor ends as a Parquet file does, so it is something else';
      throw unreadable(path, what);
    }
    const footer = await readTail(handle, size, TRAILER_BYTES, trailer.readUInt32LE(0));
    const fingerprint = createHash('sha256').update(`${size}\n`).update(footer).digest('hex');
    return { sizeBytes: size, fingerprint };
  } finally {
    await handle.close();
  }
}

async function readTail(handle: FileHandle, size: number, fromEnd: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.min(length, Math.max(0, size - fromEnd)));
  await handle.read(bytes, 0, bytes.length, size - fromEnd - bytes.length);
  return bytes;
}
