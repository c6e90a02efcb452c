import { rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import type { AnswerRows, ScoreRows } from '../samples/score-rows.ts';
import { type DuckDbOptions, openDuckDb, quoteName, quoteText } from './duckdb.ts';
import {
  BIGINT,
  type DuckDBDataChunk,
  type DuckDBInstance,
  DuckDBTableFunction,
  FLOAT,
} from './duckdb-library.ts';
import { FilledTable, fillChunk } from './filled-table.ts';
import { provenanceOption } from './provenance.ts';

/** The columns of a table of scores. */
export interface ScoreColumns {
  readonly names: readonly string[];
  /** Where their scores come from. */
  readonly scores: ScoreOrigins;
}

const CHUNK_ROWS = 2048;
/** A reader that looks for a hash skips all row groups but one, or some; a footer has some 100 bytes for each. */
const ROW_GROUP_ROWS = 256 * CHUNK_ROWS;
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
  const source = new PulledRows(names, batches);
  try {
    connection.registerTableFunction(source.tableFunction);
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

/** Batches as a table function: DuckDB asks for the next rows when it has room for them, so nothing piles up. */
class PulledRows {
  readonly tableFunction: DuckDBTableFunction;
  /** What the batches threw: DuckDB passes on only its message. */
  thrown: unknown;
  readonly #batches: Iterator<ScoreRows>;
  #rows: ScoreRows | undefined;
  #next = 0;

  constructor(names: readonly string[], batches: Iterable<ScoreRows>) {
    this.#batches = batches[Symbol.iterator]();
    this.tableFunction = DuckDBTableFunction.create({
      name: 'score_rows',
      bindFunction: (bind) => {
        bind.addResultColumn('hash', BIGINT);
        for (const name of names) bind.addResultColumn(name, FLOAT);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (call, chunk) => {
        try {
          this.#fill(chunk);
        } catch (thrown) {
          this.thrown = thrown;
          call.setError('The rows ended with an error.');
        }
      },
    });
  }

  #fill(chunk: DuckDBDataChunk): void {
    while (!this.#rows || this.#next >= this.#rows.hashes.length) {
      const { value, done } = this.#batches.next();
      if (done) {
        chunk.rowCount = 0;
        return;
      }
      this.#rows = value;
      this.#next = 0;
    }
    const { hashes, columns } = this.#rows;
    const from = this.#next;
    this.#next = Math.min(hashes.length, from + CHUNK_ROWS);
    const filled = [hashes, ...columns].map((values) => ({ values }));
    fillChunk(chunk, filled, { from, to: this.#next });
  }
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
