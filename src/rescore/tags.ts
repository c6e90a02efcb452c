import { shardName } from '../samples/key.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { TAGS, type TagName } from '../samples/tags.ts';
import { DROP_RULES } from '../scores/filter.ts';
import { passedColumns } from '../shards/output-columns.ts';
import { type DuckDBConnection, type DuckDBInstance, quoteName, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';
import { type ColumnValues, type FilledColumn, FilledTable } from '../tables/filled-table.ts';
import { provenanceOption } from '../tables/provenance.ts';
import { type JudgedRows, type ScoredRows, STATE_FAILURES } from './judge.ts';
import { findReadFailure, type MetadataShape, sourceOf } from './metadata.ts';

/** What is written of one shard. */
export interface TagRows {
  readonly shardId: number;
  readonly rows: ScoredRows;
  readonly judged: JudgedRows;
  readonly hashes: BigInt64Array | undefined;
  /** Columns of the person's own, by name. */
  readonly extraColumns: readonly TagName[];
  /** Where the scores come from. */
  readonly provenance: Provenance;
}

/** The metadata whose columns go through. */
export interface PassedMetadata extends MetadataShape {
  readonly path: string;
}

interface ResultColumn extends FilledColumn {
  readonly values: ColumnValues;
}

/** Digits of the row in a key: files of stored embeddings have a million rows and more. */
const KEY_DIGITS = 7;

/**
 * Writes the tags of a shard as zstd Parquet: key, hash, the metadata's columns where it is given, results, and the
 * scores of further heads. The same rows give the same bytes.
 *
 * @throws TableError BB_SHARD_READ naming the metadata, BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function writeTags(
  instance: DuckDBInstance,
  path: string,
  tagRows: TagRows,
  metadata: PassedMetadata | undefined,
): Promise<void> {
  const connection = await instance.connect();
  try {
    await loadResults(connection, tagRows);
    const source = metadata
      ? `${await sourceOf(connection, metadata.path, metadata)} AS input POSITIONAL JOIN results`
      : 'results';
    await connection.run(
      `COPY (SELECT ${outputColumns(tagRows, metadata).join(', ')} FROM ${source})
       TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ${provenanceOption(tagRows.provenance)})`,
    );
  } catch (thrown) {
    const failure = writeFailure(path, thrown);
    const isFull = failure.code === 'BB_DISK_FULL';
    const unread = metadata && !isFull ? await findReadFailure(connection, metadata.path) : undefined;
    throw unread ?? failure;
  } finally {
    connection.closeSync();
  }
}

function outputColumns(
  { shardId, hashes, extraColumns }: TagRows,
  metadata: PassedMetadata | undefined,
): string[] {
  const passed = metadata ? passedColumns(metadata.schema, metadata.columns, extraColumns) : [];
  const failures = STATE_FAILURES;
  return [
    `format('${shardName(shardId)}{:0${KEY_DIGITS}d}', results.position) AS key`,
    hashes ? 'results.hash' : 'NULL::BIGINT AS hash',
    ...passed.map(({ schemaIndex, name }) => `input.c${schemaIndex} AS ${quoteName(name)}`),
    `CASE WHEN results.state = 0 THEN 'success' ELSE 'failed_to_embed' END AS status`,
    `${pick(
      failures.map(({ reason }) => reason),
      'results.state',
    )} AS reason`,
    `${pick(
      failures.map(({ message }) => message),
      'results.state',
    )} AS error_message`,
    'NULL::INTEGER AS original_width',
    'NULL::INTEGER AS original_height',
    ...TAGS.map((tag) => `results.${tag}`),
    'results.kept = 1 AS kept',
    `${pick(DROP_RULES, 'results.dropped_by')} AS dropped_by`,
    ...extraColumns.map((_, i) => `results.extra${i} AS ${quoteName(extraColumns[i]!)}`),
  ];
}

/** The text at a place from 1; null at 0. */
function pick(texts: readonly string[], place: string): string {
  const cases = texts.map((text, i) => `WHEN ${i + 1} THEN ${quoteText(text)}`);
  return `CASE ${place} ${cases.join(' ')} END`;
}

async function loadResults(connection: DuckDBConnection, tagRows: TagRows): Promise<void> {
  const columns = resultColumns(tagRows);
  const table = await FilledTable.create(connection, { database: 'temp', table: 'results' }, columns);
  table.append(columns.map(({ values }) => values));
  table.close();
}

function resultColumns({ rows, judged, hashes, extraColumns }: TagRows): ResultColumn[] {
  const { rowCount, states, scores } = rows;
  const position = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row));
  const score = (name: string, values: Float32Array): ResultColumn => ({
    name,
    type: 'FLOAT',
    nullIs: Number.NaN,
    values,
  });
  return [
    { name: 'position', type: 'BIGINT', values: position },
    ...(hashes ? [{ name: 'hash', type: 'BIGINT' as const, values: hashes }] : []),
    { name: 'state', type: 'UTINYINT', values: states },
    ...Object.entries(judged.tags).map(([name, values]) => score(name, values)),
    { name: 'kept', type: 'UTINYINT', values: judged.kept },
    { name: 'dropped_by', type: 'UTINYINT', values: judged.droppedBy },
    ...extraColumns.map((name, i) => score(`extra${i}`, scores.get(name)!)),
  ];
}
