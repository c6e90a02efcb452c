import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '../base/errors.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { type FileColumn, NULL_TYPE } from './columns.ts';
import { openInput, readHead, refuseForeign } from './content.ts';
import { parquetSource, queryRows, quotePath } from './duckdb.ts';
import { unreadable } from './errors.ts';
import { withPartitions } from './inputs/partitions.ts';
import { readFileProvenance } from './provenance.ts';

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
 * @throws TableError BB_INPUT_UNREADABLE
 */
export async function readFooter(
  connection: DuckDBConnection,
  path: string,
  origin: string = path,
): Promise<Footer> {
  const { sizeBytes, fingerprint } = await fingerprintOf(path);
  try {
    const [metadata] = await queryRows<{ num_rows: bigint; grouped: bigint | null }>(
      connection,
      `SELECT num_rows, (SELECT sum(rows)::BIGINT FROM (
         SELECT any_value(row_group_num_rows) AS rows FROM parquet_metadata(${quotePath(path)}) GROUP BY row_group_id
       )) AS grouped FROM parquet_file_metadata(${quotePath(path)})`,
    );
    const { num_rows, grouped } = metadata!;
    if (num_rows < 0n || num_rows !== (grouped ?? 0n)) {
      throw new Error(`its footer speaks of ${num_rows} rows and its row groups of ${grouped ?? 0n}`);
    }
    const columns = await readColumns(connection, path, origin);
    const empty = await emptyColumns(connection, path);
    const provenance = await readFileProvenance(connection, path, origin);
    return {
      rowCount: Number(num_rows),
      sizeBytes,
      fingerprint,
      provenance,
      columns: columns.map((column) =>
        column.partition === undefined && empty.has(column.name) ? { ...column, isEmpty: true } : column,
      ),
    };
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  }
}

/**
 * The columns of a Parquet file, with DuckDB's names for their types, and those of the folders that it lies in. A column
 * that its writer knew to be all null has the type NULL: DuckDB itself takes it for integers.
 *
 * @param origin as for `readFooter`
 */
export async function readColumns(
  connection: DuckDBConnection,
  path: string,
  origin: string = path,
): Promise<FileColumn[]> {
  const rows = await queryRows<{ column_name: string; column_type: string }>(
    connection,
    `DESCRIBE SELECT * FROM ${parquetSource(path)}`,
  );
  const isNull = await nullColumns(connection, path);
  const own = rows.map(({ column_name: name, column_type: type }, place) => ({
    name,
    type: isNull(place) ? nullType(type) : type,
  }));
  return withPartitions(own, origin);
}

/** The columns, by name, of which the statistics of every row group say that all values are null. */
async function emptyColumns(connection: DuckDBConnection, path: string): Promise<ReadonlySet<string>> {
  const rows = await queryRows<{ name: string }>(
    connection,
    `SELECT path_in_schema AS name FROM parquet_metadata(${quotePath(path)}) GROUP BY name
     HAVING count(stats_null_count) = count(*) AND sum(stats_null_count) = sum(num_values) AND sum(num_values) > 0`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** A list of nothing but null stays a list. */
function nullType(type: string): string {
  return type.replace(/^INTEGER/, NULL_TYPE);
}

interface SchemaNode {
  readonly logical_type: string | null;
  readonly num_children: bigint | null;
}

/** Tells of a column by its place whether the file says that it holds nothing but null, or lists of null. */
async function nullColumns(connection: DuckDBConnection, path: string): Promise<(place: number) => boolean> {
  const [root, ...nodes] = await queryRows<SchemaNode>(
    connection,
    `SELECT logical_type, num_children FROM parquet_schema(${quotePath(path)})`,
  );
  if (!nodes.some(isNullNode)) return () => false;
  const found = new Set<number>();
  let at = 0;
  const leaves = (): SchemaNode[] => {
    const node = nodes[at++]!;
    const children = Number(node.num_children ?? 0);
    return children === 0 ? [node] : Array.from({ length: children }, leaves).flat();
  };
  for (let place = 0; place < Number(root!.num_children); place++) {
    if (leaves().every(isNullNode)) found.add(place);
  }
  return (place) => found.has(place);
}

function isNullNode({ logical_type }: SchemaNode): boolean {
  return logical_type === 'NullType()';
}

/**
 * What a Parquet file is known by: its size, and the digest of its size and footer.
 *
 * @throws TableError BB_INPUT_UNREADABLE, BB_INPUT_FORMAT
 */
export async function fingerprintOf(
  path: string,
): Promise<{ readonly sizeBytes: number; readonly fingerprint: string }> {
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
