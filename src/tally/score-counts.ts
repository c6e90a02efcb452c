import { itemsOf } from '../tables/chunk.ts';
import { parquetSource, quoteText } from '../tables/duckdb.ts';
import { type Batch, sourceOf } from './batches.ts';
import type { TallyDatabase } from './database.ts';
import { KINDS, rowsSql } from './row-sql.ts';

/** Of a store, so many different scores are counted before they go to the database. */
const MAX_SCORES = 500_000;

/** How often each score comes, kept in the database: as many as there are different float32. */
export class ScoreCounts {
  readonly #database: TallyDatabase;

  private constructor(database: TallyDatabase) {
    this.#database = database;
  }

  static async create(database: TallyDatabase): Promise<ScoreCounts> {
    await database.run('CREATE TABLE scores_seen (score FLOAT, n BIGINT)');
    return new ScoreCounts(database);
  }

  /** Adds all rows of a batch, or, where a file of it fails, none. */
  async addBatch(batch: Batch): Promise<void> {
    await this.#database.run(
      `INSERT INTO scores_seen SELECT score::FLOAT, count(*) FROM (${rowsSql(sourceOf(batch), batch.expressions)})
       WHERE kind = ${KINDS.scored} GROUP BY score`,
    );
  }

  /** Adds scores; NaN is none. */
  async addScores(parts: Iterable<Float32Array>): Promise<void> {
    let counts = new Map<number, number>();
    for (const scores of parts) {
      for (const score of scores) if (!Number.isNaN(score)) counts.set(score, (counts.get(score) ?? 0) + 1);
      if (counts.size <= MAX_SCORES) continue;
      await this.#append(counts);
      counts = new Map();
    }
    await this.#append(counts);
  }

  /** Writes all of them, each once; gives how many there are. */
  async write(path: string): Promise<number> {
    await this.#database.run(
      `COPY (SELECT score, sum(n)::BIGINT AS n FROM scores_seen GROUP BY score ORDER BY score)
       TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    const [row] = await this.#database.rows<{ n: number }>(
      `SELECT count(*)::DOUBLE AS n FROM ${parquetSource(path)}`,
    );
    return row!.n;
  }

  async #append(counts: ReadonlyMap<number, number>): Promise<void> {
    if (counts.size === 0) return;
    const appender = await this.#database.connection.createAppender('scores_seen');
    for (const [score, count] of counts) {
      appender.appendFloat(score);
      appender.appendBigInt(BigInt(count));
      appender.endRow();
    }
    appender.closeSync();
  }
}

/** Scores and how often each comes, some at a time: gone with the next ones. */
export interface CountedScores {
  readonly scores: Float32Array;
  readonly counts: BigInt64Array;
}

/** Reads what `ScoreCounts` has written. @param distinct how many scores there are */
export async function* readScoreCounts(
  database: TallyDatabase,
  path: string,
  distinct: number,
): AsyncGenerator<CountedScores> {
  for await (const chunk of database.stream(`SELECT score, n FROM ${parquetSource(path)}`, distinct))
    yield { scores: itemsOf<Float32Array>(chunk, 0), counts: itemsOf<BigInt64Array>(chunk, 1) };
}
