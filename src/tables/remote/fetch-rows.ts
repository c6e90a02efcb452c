import type { DuckDBConnection } from '@duckdb/node-api';
import type { ByteRange, FetchWatcher, SparseCopy } from '../../storage/sparse-copy.ts';
import { parquetSource, queryRows, quotePath } from '../duckdb.ts';
import { sparseCopyOf } from './remote-files.ts';

/** What is going to be read of a Parquet file. */
export interface WantedRows extends FetchWatcher {
  /** By DuckDB's names for the file's own columns; all where not given. Names that the file does not have are passed over. */
  readonly columns?: readonly string[] | undefined;
  /** The first row, from 0. */
  readonly from?: number;
  /** The row behind the last. */
  readonly to?: number;
}

/** A row group of a file elsewhere. */
export interface RemoteGroup {
  readonly from: number;
  readonly to: number;
  /** The chunk of each leaf column. */
  readonly chunks: readonly ByteRange[];
}

/** Where the chunks of a file's columns lie. */
export interface RemoteLayout {
  readonly groups: readonly RemoteGroup[];
  /** For each leaf column the name of the column that it is part of, as DuckDB has it, in lower case. */
  readonly columnOfLeaf: readonly string[];
}

const layouts = new WeakMap<object, RemoteLayout>();

/**
 * Fetches the column chunks that rows of a file elsewhere need, whole row groups of them; what is here is not fetched again.
 * Nothing happens for a file of this machine.
 *
 * @throws StorageError; BowerbirdError BB_DISK_FULL; errors of DuckDB for a footer that it cannot read
 */
export async function fetchRows(
  connection: DuckDBConnection,
  path: string,
  wanted: WantedRows = {},
): Promise<void> {
  const copy = sparseCopyOf(path);
  if (!copy) return;
  await copy.fetch(rangesOf(await layoutOf(connection, path, copy), wanted), wanted);
}

/** The row groups of a file elsewhere that have some of the rows, and how many bytes of each are wanted; undefined for a file of this machine. */
export async function remoteGroups(
  connection: DuckDBConnection,
  path: string,
  wanted: WantedRows,
): Promise<{ readonly from: number; readonly to: number; readonly bytes: number }[] | undefined> {
  const copy = sparseCopyOf(path);
  if (!copy) return undefined;
  const layout = await layoutOf(connection, path, copy);
  return layout.groups.filter(isWanted(wanted)).map((group) => {
    const ranges = rangesOf({ ...layout, groups: [group] }, wanted);
    return { from: group.from, to: group.to, bytes: ranges.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

function rangesOf({ groups, columnOfLeaf }: RemoteLayout, wanted: WantedRows): ByteRange[] {
  const names = wanted.columns && new Set(wanted.columns.map((name) => name.toLowerCase()));
  const isRead = (leaf: number): boolean => !names || names.has(columnOfLeaf[leaf]!);
  return groups.filter(isWanted(wanted)).flatMap(({ chunks }) => chunks.filter((_, leaf) => isRead(leaf)));
}

function isWanted({ from = 0, to = Number.POSITIVE_INFINITY }: WantedRows) {
  return (group: RemoteGroup): boolean => group.from < to && group.to > from;
}

async function layoutOf(connection: DuckDBConnection, path: string, copy: SparseCopy): Promise<RemoteLayout> {
  const known = layouts.get(copy.object);
  if (known) return known;
  const layout = {
    groups: await groupsOf(connection, path, copy),
    columnOfLeaf: await leavesOf(connection, path),
  };
  layouts.set(copy.object, layout);
  return layout;
}

interface ChunkRow {
  readonly group: bigint;
  readonly rows: bigint;
  readonly leaf: bigint;
  readonly dictionary: bigint | null;
  readonly data: bigint;
  readonly bytes: bigint;
}

async function groupsOf(
  connection: DuckDBConnection,
  path: string,
  { object }: SparseCopy,
): Promise<RemoteGroup[]> {
  const rows = await queryRows<ChunkRow>(
    connection,
    `SELECT row_group_id AS group, row_group_num_rows AS rows, column_id AS leaf, dictionary_page_offset AS dictionary,
       data_page_offset AS data, total_compressed_size AS bytes FROM parquet_metadata(${quotePath(path)}) ORDER BY row_group_id, column_id`,
  );
  const starts = rows.map(startOf).sort((a, b) => a - b);
  const groups: { from: number; to: number; chunks: ByteRange[] }[] = [];
  for (const row of rows) {
    if (groups.length <= Number(row.group)) {
      const from = groups.at(-1)?.to ?? 0;
      groups.push({ from, to: from + Number(row.rows), chunks: [] });
    }
    const chunk = { from: startOf(row), bytes: Number(row.bytes) };
    groups.at(-1)!.chunks.push(withGap(chunk, starts, object.bytes));
  }
  return groups;
}

function startOf({ dictionary, data }: ChunkRow): number {
  const first = Number(dictionary ?? 0n);
  return first > 0 ? Math.min(first, Number(data)) : Number(data);
}

/** Early writers left the header of the dictionary out of a chunk's size. */
const FORGOTTEN_BYTES = 128;

/** A chunk with the bytes behind it that are of no other, where they are few. */
function withGap({ from, bytes }: ByteRange, starts: readonly number[], fileBytes: number): ByteRange {
  const end = from + bytes;
  const next = starts.find((start) => start > from) ?? fileBytes;
  return { from, bytes: Math.min(end + FORGOTTEN_BYTES, Math.max(next, end), fileBytes) - from };
}

/** DuckDB gives the columns in the file's order, under names of its own where two are the same. */
async function leavesOf(connection: DuckDBConnection, path: string): Promise<string[]> {
  const described = await queryRows<{ column_name: string }>(
    connection,
    `DESCRIBE SELECT * FROM ${parquetSource(path)}`,
  );
  const [root, ...nodes] = await queryRows<{ num_children: bigint | null }>(
    connection,
    `SELECT num_children FROM parquet_schema(${quotePath(path)})`,
  );
  let at = 0;
  const countLeaves = (): number => {
    const children = Number(nodes[at++]!.num_children ?? 0);
    if (children === 0) return 1;
    return Array.from({ length: children }, countLeaves).reduce((sum, leaves) => sum + leaves, 0);
  };
  const leaves: string[] = [];
  for (let place = 0; place < Number(root!.num_children); place++) {
    const name = described[place]!.column_name.toLowerCase();
    for (let left = countLeaves(); left > 0; left--) leaves.push(name);
  }
  return leaves;
}
