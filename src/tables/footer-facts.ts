import type { DuckDBConnection } from '@duckdb/node-api';
import { PROVENANCE_KEY } from '../samples/provenance/provenance.ts';
import { type FileColumn, NULL_TYPE } from './columns.ts';
import { parquetSource, queryRows, quotePath, quoteText } from './duckdb.ts';
import type { FooterFacts, KnownFooters } from './known-footers.ts';
import { localPath } from './remote/remote-files.ts';

/** Files whose footers are asked for at a time. */
const BATCH_FILES = 256;

/**
 * Looks at the footers of many files together: one query for all of them takes about as long as one for each. Of files among which
 * one cannot be read nothing is known afterwards: whoever reads them one by one finds out which it is.
 */
export async function knownFooters(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<KnownFooters> {
  const known = new Map<string, FooterFacts>();
  for (let from = 0; from < paths.length; from += BATCH_FILES) {
    try {
      const facts = await footerFacts(connection, paths.slice(from, from + BATCH_FILES));
      for (const [path, found] of facts) known.set(path, found);
    } catch {
      // Their readers get the error, with the name of the file.
    }
  }
  return known;
}

/** The chunks of a column in all row groups of a file. */
interface ColumnChunks {
  readonly file_name: string;
  readonly name: string;
  readonly grouped: bigint;
  readonly is_empty: boolean | null;
}

/** Looks at footers. @throws errors of DuckDB */
export async function footerFacts(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<KnownFooters> {
  const files = listOf(paths);
  const rows = await queryRows<{ file_name: string; num_rows: bigint }>(
    connection,
    `SELECT file_name, num_rows FROM parquet_file_metadata(${files})`,
  );
  const schemas = await schemasOf(connection, paths);
  // Every row group has a chunk of each column.
  const chunks = await queryRows<ColumnChunks>(
    connection,
    `SELECT file_name, path_in_schema AS name, sum(row_group_num_rows)::BIGINT AS grouped,
       count(stats_null_count) = count(*) AND sum(stats_null_count) = sum(num_values) AND sum(num_values) > 0 AS is_empty
     FROM parquet_metadata(${files}) GROUP BY file_name, path_in_schema`,
  );
  const stated = await queryRows<{ file_name: string; value: Uint8Array }>(
    connection,
    `SELECT file_name, value FROM parquet_kv_metadata(${files}) WHERE key = ${quoteText(PROVENANCE_KEY)}::BLOB`,
  );
  const facts = new Map<string, FooterFacts>();
  for (const path of paths) {
    const isOf = ({ file_name }: { readonly file_name: string }): boolean =>
      paths.length === 1 || file_name === localPath(path);
    const found = rows.find(isOf);
    const columns = schemas.get(path);
    if (!found || !columns) continue;
    const own = chunks.filter(isOf);
    const value = stated.find(isOf)?.value;
    facts.set(path, {
      rows: found.num_rows,
      grouped: own[0]?.grouped ?? null,
      columns,
      empty: new Set(own.flatMap(({ name, is_empty }) => (is_empty ? [name] : []))),
      provenance: value && Buffer.from(value).toString('utf8'),
    });
  }
  return facts;
}

/** The own columns of files, by path. @throws errors of DuckDB */
export async function schemasOf(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly FileColumn[]>> {
  const all = await queryRows<SchemaNode>(connection, `SELECT * FROM parquet_schema(${listOf(paths)})`);
  const nodes = new Map<string, SchemaNode[]>();
  for (const node of all) {
    const name = paths.length === 1 ? paths[0]! : node.file_name;
    const own = nodes.get(name);
    if (own) own.push(node);
    else nodes.set(name, [node]);
  }
  // Files with one schema have the same columns.
  const described = new Map<string, readonly FileColumn[]>();
  const schemas = new Map<string, readonly FileColumn[]>();
  for (const path of paths) {
    const own = nodes.get(paths.length === 1 ? path : localPath(path));
    if (!own) continue;
    const key = schemaKey(own);
    const columns = described.get(key) ?? (await describe(connection, path, own));
    described.set(key, columns);
    schemas.set(path, columns);
  }
  return schemas;
}

function listOf(paths: readonly string[]): string {
  return `[${paths.map(quotePath).join(', ')}]`;
}

interface SchemaNode {
  readonly file_name: string;
  readonly logical_type: string | null;
  readonly num_children: bigint | null;
}

function schemaKey(nodes: readonly SchemaNode[]): string {
  return JSON.stringify(
    nodes.map(({ file_name: _, ...node }) => node),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}

async function describe(
  connection: DuckDBConnection,
  path: string,
  nodes: readonly SchemaNode[],
): Promise<readonly FileColumn[]> {
  const rows = await queryRows<{ column_name: string; column_type: string }>(
    connection,
    `DESCRIBE SELECT * FROM ${parquetSource(path)}`,
  );
  const isNull = nullColumns(nodes);
  return rows.map(({ column_name: name, column_type: type }, place) => ({
    name,
    type: isNull(place) ? nullType(type) : type,
  }));
}

/** A list of nothing but null stays a list. */
function nullType(type: string): string {
  return type.replace(/^INTEGER/, NULL_TYPE);
}

/** Tells of a column by its place whether the file says that it holds nothing but null, or lists of null. */
function nullColumns([root, ...nodes]: readonly SchemaNode[]): (place: number) => boolean {
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
