import { codeOf } from '../base/errors.ts';
import { shardName } from '../samples/key.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { TAGS, type TagName } from '../samples/tags.ts';
import { DROP_RULES } from '../scores/filter.ts';
import { passedColumns } from '../shards/output-columns.ts';
import { type DuckDBConnection, type DuckDBInstance, quoteName, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';
import { provenanceOption } from '../tables/provenance.ts';
import { FIRST_FAILURE, STATE_FAILURES } from './judge.ts';
import { findReadFailure, type MetadataFile, refuseOtherRows, sampleHashSql, sourceOf } from './metadata.ts';
import type { ResultLanes, ResultRows } from './result-lanes.ts';

/** What is written of one shard. */
export interface TagRows extends ResultRows {
  readonly shardId: number;
  /** Columns of the person's own, by name. */
  readonly extraColumns: readonly TagName[];
  /** Where the scores come from. */
  readonly provenance: Provenance;
}

/** The metadata of a shard's rows. */
export interface RowMetadata extends MetadataFile {
  /** Whether its columns go through; if not, it gives hashes alone. */
  readonly isPassed: boolean;
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
  { instance, lanes }: TagWriting,
  path: string,
  tagRows: TagRows,
  metadata: RowMetadata | undefined,
): Promise<void> {
  const connection = await instance.connect();
  try {
    const columns = metadata && metadataColumns(metadata, tagRows);
    const source = columns?.length ? await metadataSource(connection, metadata!, columns) : undefined;
    await lanes.use(connection, tagRows, async (table) => {
      const from = source === undefined ? table : `${source} POSITIONAL JOIN ${table}`;
      const select = `SELECT ${outputColumns(tagRows, lanes, columns ?? []).join(', ')} FROM ${from} AS results`;
      await connection.run(
        `COPY (${select}) TO ${quoteText(path)}
         (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ${provenanceOption(tagRows.provenance)})`,
      );
    });
  } catch (thrown) {
    if (codeOf(thrown) === 'BB_SHARD_READ') throw thrown;
    const failure = writeFailure(path, thrown);
    const isFull = failure.code === 'BB_DISK_FULL';
    const unread = metadata && !isFull ? await findReadFailure(connection, metadata.path) : undefined;
    throw unread ?? failure;
  } finally {
    connection.closeSync();
  }
}

/** What tags are written with, shard by shard. */
export interface TagWriting {
  /** One that knows `registerSampleHash`. */
  readonly instance: DuckDBInstance;
  readonly lanes: ResultLanes;
}

/** A column that the output has of the metadata. */
interface InputColumn {
  readonly sql: string;
  readonly name: string;
}

function metadataColumns(metadata: RowMetadata, { extraColumns }: TagRows): InputColumn[] {
  const { schema, columns, isPassed } = metadata;
  const hash = sampleHashSql(metadata);
  const passed = isPassed ? passedColumns(schema, columns, extraColumns) : [];
  return [
    ...(hash === undefined ? [] : [{ sql: hash, name: 'hash' }]),
    ...passed.map(({ schemaIndex, name }) => ({ sql: `c${schemaIndex}`, name })),
  ];
}

/** A table of these columns, called i0, i1, ... A join by position would fill up rows that are missing. */
async function metadataSource(
  connection: DuckDBConnection,
  metadata: RowMetadata,
  columns: readonly InputColumn[],
): Promise<string> {
  await refuseOtherRows(connection, metadata);
  const selected = columns.map(({ sql }, i) => `${sql} AS i${i}`);
  return `(SELECT ${selected.join(', ')} FROM ${await sourceOf(connection, metadata)}) AS input`;
}

function outputColumns(
  { shardId, extraColumns }: TagRows,
  { tags }: ResultLanes,
  columns: readonly InputColumn[],
): string[] {
  const passed = columns.map(({ name }, i) => `input.i${i} AS ${quoteName(name)}`);
  const failures = STATE_FAILURES;
  return [
    `format('${shardName(shardId)}{:0${KEY_DIGITS}d}', results.position) AS key`,
    ...(columns[0]?.name === 'hash' ? [] : ['NULL::BIGINT AS hash']),
    ...passed,
    `CASE WHEN results.verdict < ${FIRST_FAILURE} THEN 'success' ELSE 'failed_to_embed' END AS status`,
    `${pick(
      failures.map(({ reason }) => reason),
      FIRST_FAILURE,
    )} AS reason`,
    `${pick(
      failures.map(({ message }) => message),
      FIRST_FAILURE,
    )} AS error_message`,
    'NULL::INTEGER AS original_width',
    'NULL::INTEGER AS original_height',
    ...TAGS.map((tag) => (tags.includes(tag) ? `results.${tag}` : `NULL::FLOAT AS ${tag}`)),
    'results.verdict = 0 AS kept',
    `${pick(DROP_RULES, 1)} AS dropped_by`,
    ...extraColumns.map((name, i) => `results.extra${i} AS ${quoteName(name)}`),
  ];
}

/** The text of a verdict, of which the first is that of `from`; null for others. */
function pick(texts: readonly string[], from: number): string {
  const cases = texts.map((text, i) => `WHEN ${from + i} THEN ${quoteText(text)}`);
  return `CASE results.verdict ${cases.join(' ')} END`;
}
