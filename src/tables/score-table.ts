import { rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import type { AnswerRows, ScoreRows } from '../samples/score-rows.ts';
import { type DuckDbOptions, openDuckDb, quoteName, quoteText } from './duckdb.ts';
import type { DuckDBInstance } from './duckdb-library.ts';
import { FilledTable } from './filled-table.ts';
import { provenanceOption } from './provenance.ts';
import { PULLED_ROWS, type PulledRows, PulledTable } from './pulled-table.ts';

/** The columns of a table of scores. */
export interface ScoreColumns {
  readonly names: readonly string[];
  /** Where their scores come from. */
  readonly scores: ScoreOrigins;
}

/** A reader that looks for a hash skips all row groups but one, or some; a footer has some 100 bytes for each. */
const ROW_GROUP_ROWS = 256 * PULLED_ROWS;
/** Enough for the row group that is being written. */
const EXPORT_MEMORY_MB = 512;

/**
 * Writes hash (int64) and scores (float32) as zstd Parquet, in the order of the rows, of which one batch is in memory.
 *
 * @param path where no file is; it is not synced
 * @throws what `batches` throws; errors of DuckDB
 */
export async function writeScoreTable(
  path: string,
  { names, scores }: ScoreColumns,
  batches: Iterable<ScoreRows>,
): Promise<void> {
  const instance = await openDuckDb({ memoryLimitMb: EXPORT_MEMORY_MB, temporaryFolder: `${path}.spill` });
  const connection = await instance.connect();
  const columns = [
    { name: 'hash', type: 'BIGINT' as const },
    ...names.map((name) => ({ name, type: 'FLOAT' as const })),
  ];
  const source = new PulledTable('score_rows', columns, stretchesOf(batches));
  try {
    source.register(connection);
    const select = `SELECT ${['hash', ...names.map(scoreOf)].join(', ')} FROM score_rows()`;
    await copyOut(connection, path, select, scores);
  } catch (thrown) {
    throw source.thrown ?? thrown;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** NaN stands for null up to here. */
function scoreOf(name: string): string {
  return `nullif(${quoteName(name)}, 'nan'::FLOAT) AS ${quoteName(name)}`;
}

async function copyOut(
  connection: DuckDBConnection,
  path: string,
  select: string,
  scores: ScoreOrigins,
): Promise<void> {
  await connection.run(
    `COPY (${select}) TO ${quoteText(path)}
     (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, USE_TMP_FILE false,
      ${provenanceOption({ scores })})`,
  );
}

/** The rows of batches, some at a time. */
function stretchesOf(batches: Iterable<ScoreRows>): () => PulledRows | undefined {
  const iterator = batches[Symbol.iterator]();
  let rows: ScoreRows | undefined;
  let from = 0;
  return () => {
    while (!rows || from >= rows.hashes.length) {
      const { value, done } = iterator.next();
      if (done) return undefined;
      rows = value;
      from = 0;
    }
    const stretch = { from, to: Math.min(rows.hashes.length, from + PULLED_ROWS) };
    from = stretch.to;
    return { values: [rows.hashes, ...rows.columns], ...stretch };
  };
}

interface AnswerOutput extends ScoreColumns {
  readonly path: string;
}

/**
 * Takes rows as they come and writes them, in that order, as zstd Parquet: hash (int64), found (boolean) and scores
 * (float32); a row without a hash has null there. Until the end they lie in a database file beside the output, of about its size.
 */
export class AnswerTableWriter {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #answers: FilledTable;
  readonly #output: AnswerOutput;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    answers: FilledTable,
    output: AnswerOutput,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#answers = answers;
    this.#output = output;
  }

  /** @param path where no file is */
  static async open(
    path: string,
    { names, scores }: ScoreColumns,
    options: DuckDbOptions,
  ): Promise<AnswerTableWriter> {
    const instance = await openDuckDb(options);
    const connection = await instance.connect();
    await connection.run(`ATTACH ${quoteText(databaseOf(path))} AS staging`);
    const answers = await FilledTable.create(connection, { database: 'staging', table: 'answers' }, [
      { name: 'hash', type: 'BIGINT' },
      { name: 'found', type: 'UTINYINT' },
      { name: 'without_hash', type: 'UTINYINT' },
      ...names.map((name) => ({ name, type: 'FLOAT' as const })),
    ]);
    return new AnswerTableWriter(instance, connection, answers, { path, names, scores });
  }

  append({ hashes, found, withoutHash, columns }: AnswerRows): void {
    this.#answers.append([hashes, found, withoutHash, ...columns]);
  }

  /** Writes the Parquet file; it is not synced. */
  async finish(): Promise<void> {
    this.#answers.close();
    const { path, names, scores } = this.#output;
    const hash = 'CASE WHEN without_hash = 0 THEN hash END AS hash';
    const expressions = [hash, 'found = 1 AS found', ...names.map(scoreOf)];
    const select = `SELECT ${expressions.join(', ')} FROM staging.main.answers`;
    await copyOut(this.#connection, path, select, scores);
  }

  /** Removes what is beside the output. */
  async close(): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    for (const suffix of ['', '.wal']) await rm(`${databaseOf(this.#output.path)}${suffix}`, { force: true });
  }
}

function databaseOf(path: string): string {
  return `${path}.rows`;
}
