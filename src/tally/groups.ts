import { parquetSource, quoteText } from '../tables/duckdb.ts';
import { type Batch, sourceOf } from './batches.ts';
import type { TallyDatabase } from './database.ts';
import { LARGEST, meanOf, sumSql } from './exact-sum.ts';
import { GROUP_THRESHOLDS, type Group, type GroupOrder, type Groups } from './group-types.ts';
import { doubleSql, KINDS, rowsSql } from './row-sql.ts';

const COLUMNS = [
  'n',
  'scored',
  'units',
  'too_large',
  'unsafe_n',
  'unsafe_units',
  ...GROUP_THRESHOLDS.map((k) => `above_${k}`),
];
const SUMS = COLUMNS.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(', ');
/** Whole numbers as Parquet has them: 38 digits, some 10^26 rows of units of 2^-40. */
const EXACT = 'DECIMAL(38, 0)';
/** The table is merged when it has grown by this many rows, or to twice its groups. */
const COMPACT_ROWS = 2_000_000;

/** Sums by group, kept in the database: there may be more groups than fit into memory. */
export class GroupTable {
  readonly #database: TallyDatabase;
  #rows = 0;
  #compacted = 0;

  private constructor(database: TallyDatabase) {
    this.#database = database;
  }

  static async create(database: TallyDatabase): Promise<GroupTable> {
    const columns = COLUMNS.map((name) => `${name} HUGEINT`).join(', ');
    await database.run(`CREATE TABLE parts (grp VARCHAR, ${columns})`);
    return new GroupTable(database);
  }

  /** Adds all rows of a batch, or, where a file of it fails, none. */
  async add(batch: Batch): Promise<void> {
    const score = sumSql(`CASE WHEN kind = ${KINDS.scored} THEN score END`);
    // No probability is that large, and NaN compares as larger than all numbers.
    const isSafeKnown = `abs(punsafe) <= ${LARGEST}`;
    const punsafe = sumSql(`CASE WHEN ${isSafeKnown} THEN punsafe END`);
    const isScored = `kind = ${KINDS.scored}`;
    const above = GROUP_THRESHOLDS.map((k) => `count(*) FILTER (${isScored} AND score > ${doubleSql(k)})`);
    await this.#database.run(
      `INSERT INTO parts SELECT grp, count(*), count(*) FILTER (${isScored}), ${score.units}, ${score.tooLarge},
         count(*) FILTER (${isSafeKnown}), ${punsafe.units}, ${above.join(', ')}
       FROM (${rowsSql(sourceOf(batch), batch.expressions)}) WHERE kind <> ${KINDS.failed} GROUP BY grp`,
    );
    await this.#compact();
  }

  /** Writes all groups, for `addFiles`. */
  async write(path: string): Promise<void> {
    // Parquet has no HUGEINT: DuckDB would write doubles.
    const sums = COLUMNS.map((name) => `sum(${name})::${EXACT} AS ${name}`).join(', ');
    await this.#database.run(
      `COPY (SELECT grp, ${sums} FROM parts GROUP BY grp ORDER BY grp) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  }

  /** Adds the groups of files that `write` has written. */
  async addFiles(paths: readonly string[]): Promise<void> {
    const columns = COLUMNS.map((name) => `${name}::HUGEINT`).join(', ');
    for (const path of paths) {
      await this.#database.run(`INSERT INTO parts SELECT grp, ${columns} FROM ${parquetSource(path)}`);
      await this.#compact();
    }
  }

  /** The first `limit` groups; equal ones by name. */
  async top(order: GroupOrder, limit: number): Promise<Groups> {
    const [total] = await this.#database.rows<{ groups: bigint; n: bigint | null }>(
      `SELECT count(*) AS groups, sum(n)::HUGEINT AS n FROM (SELECT grp, sum(n) AS n FROM parts GROUP BY grp)`,
    );
    const rows = await this.#database.rows<Record<string, bigint> & { grp: string | null }>(
      `SELECT * FROM (SELECT grp, ${SUMS} FROM parts GROUP BY grp)
       ORDER BY ${ORDER_SQL[order]} DESC NULLS LAST, n DESC, grp NULLS LAST LIMIT ${limit}`,
    );
    return { top: rows.map(groupOf), groupCount: Number(total!.groups), rows: Number(total!.n ?? 0) };
  }

  async #compact(): Promise<void> {
    const [count] = await this.#database.rows<{ n: bigint }>('SELECT count(*) AS n FROM parts');
    this.#rows = Number(count!.n);
    if (this.#rows < Math.max(COMPACT_ROWS, 2 * this.#compacted)) return;
    await this.#database.run(`CREATE TABLE merged AS SELECT grp, ${SUMS} FROM parts GROUP BY grp`);
    await this.#database.run('DROP TABLE parts');
    await this.#database.run('ALTER TABLE merged RENAME TO parts');
    const [left] = await this.#database.rows<{ n: bigint }>('SELECT count(*) AS n FROM parts');
    this.#compacted = Number(left!.n);
  }
}

const ORDER_SQL: Readonly<Record<GroupOrder, string>> = {
  count: 'n',
  punsafe: 'unsafe_units::DOUBLE / nullif(unsafe_n, 0)::DOUBLE',
  aesthetic: 'units::DOUBLE / nullif(scored - too_large, 0)::DOUBLE',
};

function groupOf(row: Record<string, bigint> & { grp: string | null }): Group {
  const number = (name: string): number => Number(row[name]);
  return {
    name: row.grp,
    rows: number('n'),
    scored: number('scored'),
    meanAesthetic: meanOf({ units: row['units']!, tooLarge: number('too_large') }, number('scored')),
    meanPunsafe: meanOf({ units: row['unsafe_units']!, tooLarge: 0 }, number('unsafe_n')),
    above: GROUP_THRESHOLDS.map((k) => number(`above_${k}`)),
  };
}
