import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import { provenanceOfRecord } from '../samples/provenance/of-run.ts';
import type { ScoreOrigin } from '../samples/provenance/origin.ts';
import {
  columnOrigins,
  PROVENANCE_KEY,
  type Provenance,
  parseProvenance,
  provenanceText,
  type ScoreOrigins,
  uniteProvenance,
} from '../samples/provenance/provenance.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { type ColumnMapping, columnOf, type FileColumn } from './columns.ts';
import { queryRows, quotePath, quoteText } from './duckdb.ts';

/**
 * An option of COPY: the provenance as Parquet's key-value metadata.
 *
 * @param others further entries, by key
 */
export function provenanceOption(
  provenance: Provenance,
  others: Readonly<Record<string, string>> = {},
): string {
  const entries = Object.entries({ [PROVENANCE_KEY]: provenanceText(provenance), ...others });
  return `KV_METADATA {${entries.map(([key, text]) => `${quoteText(key)}: ${quoteText(text)}`).join(', ')}}`;
}

/** What a Parquet file has under a key of its key-value metadata. @throws errors of DuckDB */
export async function readMetadataText(
  connection: DuckDBConnection,
  path: string,
  key: string,
): Promise<string | undefined> {
  const [row] = await queryRows<{ value: Uint8Array }>(
    connection,
    `SELECT value FROM parquet_kv_metadata(${quotePath(path)}) WHERE key = ${quoteText(key)}::BLOB`,
  );
  return row && Buffer.from(row.value).toString('utf8');
}

/**
 * Where the scores of a Parquet file come from, as `fileProvenance`.
 *
 * @param origin the file that `path` is a copy of
 * @throws errors of DuckDB
 */
export async function readFileProvenance(
  connection: DuckDBConnection,
  path: string,
  origin: string = path,
): Promise<Provenance | undefined> {
  return fileProvenance(await readMetadataText(connection, path, PROVENANCE_KEY), origin);
}

/**
 * Where the scores of a Parquet file come from: what it says itself, or else the run.json of the run whose tags or metadata
 * it is. Undefined where neither says it.
 *
 * @param text what it says under `PROVENANCE_KEY`
 * @param path of the file, or of the one that it is a copy of
 */
export async function fileProvenance(
  text: string | undefined,
  path: string,
): Promise<Provenance | undefined> {
  const stated = text === undefined ? undefined : parseProvenance(text);
  return stated ?? provenanceOfRun(runOf(path));
}

/** The origins of scores by tag; of those that a file has. */
export type TagOrigins = Readonly<Partial<Record<Tag, readonly ScoreOrigin[]>>>;

/** Where a file's tags come from, which it has in the columns of a mapping. */
export function tagOriginsOf(
  file: Pick<InputIdentity, 'fingerprint'> & {
    readonly columns: readonly FileColumn[];
    readonly provenance?: Provenance | undefined;
  },
  mapping: Partial<ColumnMapping>,
): TagOrigins {
  const own = TAGS.flatMap((tag) => {
    const column = mapping[tag] === undefined ? undefined : columnOf(file.columns, mapping[tag]);
    return column ? [[tag, columnOrigins(column.name, file)] as const] : [];
  });
  return Object.fromEntries(own);
}

/** A file and the columns that its scores are taken from, by the name that they are to have. */
export interface ScoredFile {
  readonly path: string;
  readonly rowCount: number;
  readonly provenance?: Provenance | undefined;
  readonly columns: Readonly<Record<string, string>>;
}

/** Files by where their scores come from. Those of a run are one side: what it mixes was written so. */
export function scoreSides(files: readonly ScoredFile[]): ScoreSide[] {
  return groupSides(files.flatMap((file) => sideOf(file) ?? []));
}

/** The side that a file is of; undefined for one without rows. */
export function sideOf({ path, rowCount, provenance, columns }: ScoredFile): ScoreSide | undefined {
  if (rowCount === 0) return undefined;
  const run = runOf(path);
  const side = run !== undefined && existsSync(join(run, 'run.json')) ? run : path;
  const origins = Object.entries(columns).map(
    ([name, column]) => [name, columnOrigins(column, { provenance })] as const,
  );
  return { path: side, scores: Object.fromEntries(origins) };
}

/** One side for each path, in the order in which they first come. */
export function groupSides(parts: readonly ScoreSide[]): ScoreSide[] {
  const sides = new Map<string, ScoreOrigins[]>();
  for (const { path, scores } of parts) sides.set(path, [...(sides.get(path) ?? []), scores]);
  return [...sides].map(([path, all]) => ({
    path,
    scores: uniteProvenance(all.map((scores) => ({ scores }))).scores,
  }));
}

/** The run whose tags, metadata or embeddings a file may be, by its place. */
export function runOf(path: string): string | undefined {
  const folder = dirname(path);
  return ['tags', 'metadata', 'img_emb'].includes(basename(folder)) ? dirname(folder) : undefined;
}

/** What a run says of all its scores; undefined for a folder that is no run. */
export async function provenanceOfRun(folder: string | undefined): Promise<Provenance | undefined> {
  if (folder === undefined) return undefined;
  try {
    return provenanceOfRecord(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')));
  } catch {
    // Tags of others lie in folders of that name too.
    return undefined;
  }
}
