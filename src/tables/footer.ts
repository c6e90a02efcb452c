import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '../base/errors.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import type { FileColumn } from './columns.ts';
import { headOf, openInput, refuseForeign } from './content.ts';
import { unreadable } from './errors.ts';
import { footerFacts, schemasOf } from './footer-facts.ts';
import { withPartitions } from './inputs/partitions.ts';
import type { KnownFooters } from './known-footers.ts';
import { fileProvenance } from './provenance.ts';

/** What a Parquet file's footer says of it. */
export interface Footer {
  readonly rowCount: number;
  readonly sizeBytes: number;
  /** sha256 (hex) of the file's size and its footer, which holds the place and the statistics of every chunk. */
  readonly fingerprint: string;
  /** Its own, then those of the folders that it lies in. */
  readonly columns: readonly FileColumn[];
  /** Where its scores come from; undefined where nothing states it. */
  readonly provenance: Provenance | undefined;
}

/** The magic word and, before it, the footer's length (little-endian uint32). */
const TRAILER_BYTES = 8;
const MAGIC = 'PAR1';

/**
 * Reads a Parquet file's footer and nothing else.
 *
 * @param origin the file that `path` is a copy of; its folders may give columns
 * @param known what was read of footers before
 * @throws TableError BB_INPUT_UNREADABLE
 */
export async function readFooter(
  connection: DuckDBConnection,
  path: string,
  origin: string = path,
  known: KnownFooters = new Map(),
): Promise<Footer> {
  const { sizeBytes, fingerprint } = await fingerprintOf(path);
  try {
    const facts = known.get(path) ?? (await footerFacts(connection, [path])).get(path)!;
    const { rows, grouped } = facts;
    if (rows < 0n || rows !== (grouped ?? 0n))
      throw new Error(`its footer speaks of ${rows} rows and its row groups of ${grouped ?? 0n}`);
    return {
      rowCount: Number(rows),
      sizeBytes,
      fingerprint,
      provenance: await fileProvenance(facts.provenance, origin),
      columns: withPartitions(facts.columns, origin).map((column) =>
        column.partition === undefined && facts.empty.has(column.name)
          ? { ...column, isEmpty: true }
          : column,
      ),
    };
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  }
}

/**
 * The columns of a Parquet file, with DuckDB's names for their types, and those of the folders that it lies in.
 *
 * @param origin as for `readFooter`
 */
export async function readColumns(
  connection: DuckDBConnection,
  path: string,
  origin: string = path,
): Promise<FileColumn[]> {
  return withPartitions((await schemasOf(connection, [path])).get(path)!, origin);
}

/**
 * What a Parquet file is known by: its size, and the digest of its size and footer.
 *
 * @throws TableError BB_INPUT_UNREADABLE, BB_INPUT_FORMAT
 */
export async function fingerprintOf(
  path: string,
): Promise<{ readonly sizeBytes: number; readonly fingerprint: string }> {
  const handle = await openInput(path);
  try {
    const { head, sizeBytes: size } = await headOf(handle, path);
    if (head.length === 0) throw unreadable(path, 'it is empty (0 bytes)');
    const startsRight = head.toString('latin1', 0, MAGIC.length) === MAGIC;
    if (!startsRight) refuseForeign({ path, format: 'parquet' }, head);
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
