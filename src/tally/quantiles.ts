import { WHAT_IF_EDGES, type WhatIfCube } from '../scores/what-if.ts';
import { type Batch, sourceOf } from './batches.ts';
import { doubleSql, KINDS, rowsSql } from './cell-sql.ts';
import type { TallyDatabase } from './database.ts';
import { TallyError } from './errors.ts';

/** A share of the scored rows, as a fraction: 0.7 * 10 is not 7 in doubles. */
export interface Share {
  readonly text: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The least score that at least this share of the scored rows does not exceed. */
export interface Quantile {
  readonly share: string;
  readonly score: number;
}

/** A share from its decimal, 0 to 1; undefined for anything else. */
export function parseShare(text: string): Share | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,15}))?$/.exec(text);
  if (!match) return undefined;
  const digits = match[2] ?? '';
  const denominator = 10n ** BigInt(digits.length);
  const numerator = BigInt(match[1]!) * denominator + BigInt(digits || '0');
  return numerator <= denominator ? { text, numerator, denominator } : undefined;
}

/** A quantile's row, counted from 1 in order of scores, and the cell of the aesthetic axis that it lies in. */
interface Target {
  readonly share: string;
  readonly cell: number;
  /** Within the cell, from 1. */
  readonly rank: number;
}

/**
 * Exact quantiles by a second look at the scores alone: the cube says in which of its cells each lies, and only the
 * values in those cells are counted. Between two steps above 1 there are at most 0.9 million float32; more spill.
 */
export class QuantileSearch {
  readonly #database: TallyDatabase;
  readonly #targets: readonly Target[];
  readonly #ranges: readonly (readonly [number, number])[];
  /** Rows in the cells that are looked at. */
  readonly #rows: number;

  private constructor(database: TallyDatabase, targets: readonly Target[], cells: readonly number[]) {
    this.#database = database;
    this.#targets = targets;
    const wanted = [...new Set(targets.map(({ cell }) => cell))];
    this.#ranges = wanted.map(rangeOf);
    this.#rows = wanted.reduce((sum, cell) => sum + cells[cell]!, 0);
  }

  static async create(
    database: TallyDatabase,
    cube: WhatIfCube,
    shares: readonly Share[],
  ): Promise<QuantileSearch> {
    await database.run('CREATE TABLE scores_seen (score DOUBLE, n HUGEINT)');
    // The last cell holds the rows without a score.
    const cells = cube.byAesthetic().slice(0, -1);
    return new QuantileSearch(database, targetsOf(cells, shares), cells);
  }

  /** Whether there is anything to look for. */
  get isNeeded(): boolean {
    return this.#targets.length > 0;
  }

  async add(batch: Batch): Promise<void> {
    await this.#database.run(
      `INSERT INTO scores_seen SELECT score, count(*) FROM (${rowsSql(sourceOf(batch), batch.expressions)})
       WHERE kind = ${KINDS.scored} AND (${this.#cellsSql()}) GROUP BY score`,
    );
  }

  /** Adds scores that are counted already; those outside of the cells are passed over. */
  async addCounts(counts: ReadonlyMap<number, number>): Promise<void> {
    if (counts.size === 0) return;
    const appender = await this.#database.connection.createAppender('scores_seen');
    for (const [score, count] of counts) {
      appender.appendDouble(score);
      appender.appendHugeInt(BigInt(count));
      appender.endRow();
    }
    appender.closeSync();
  }

  /** Whether a score lies in a cell that is looked at. */
  isWanted(score: number): boolean {
    return this.#ranges.some(
      ([from, to]) => (score > from || from === Number.NEGATIVE_INFINITY) && score <= to,
    );
  }

  /** @throws TallyError BB_SHARD_READ where the second look found other rows than the first */
  async find(): Promise<Quantile[]> {
    const [seen] = await this.#database.rows<{ n: number }>('SELECT sum(n)::DOUBLE AS n FROM scores_seen');
    if (seen!.n !== this.#rows) {
      throw new TallyError(
        'BB_SHARD_READ',
        `Inputs changed while they were counted: ${this.#rows} scores became ${seen!.n}. Run the same command again.`,
      );
    }
    const quantiles: Quantile[] = [];
    for (const { share, cell, rank } of this.#targets) {
      const [row] = await this.#database.rows<{ score: number }>(
        `SELECT score FROM (SELECT score, sum(n) OVER (ORDER BY score) AS reached
           FROM (SELECT score, sum(n) AS n FROM scores_seen WHERE ${rangeSql(rangeOf(cell))} GROUP BY score))
         WHERE reached >= ${rank} ORDER BY score LIMIT 1`,
      );
      quantiles.push({ share, score: row!.score });
    }
    return quantiles;
  }

  #cellsSql(): string {
    return this.#ranges.map(rangeSql).join(' OR ');
  }
}

function targetsOf(cells: readonly number[], shares: readonly Share[]): Target[] {
  const total = BigInt(cells.reduce((sum, count) => sum + count, 0));
  if (total === 0n) return [];
  return shares.map(({ text, numerator, denominator }) => {
    const wanted = (numerator * total + denominator - 1n) / denominator;
    let rank = Number(wanted === 0n ? 1n : wanted);
    let cell = 0;
    while (rank > cells[cell]!) rank -= cells[cell++]!;
    return { share: text, cell, rank };
  });
}

/** The scores of a cell: (from, to]. */
function rangeOf(cell: number): readonly [number, number] {
  const edges = WHAT_IF_EDGES[0];
  return [edges[cell - 1] ?? Number.NEGATIVE_INFINITY, edges[cell] ?? Number.POSITIVE_INFINITY];
}

function rangeSql([from, to]: readonly [number, number]): string {
  const bounds = [
    ...(Number.isFinite(from) ? [`score > ${doubleSql(from)}`] : []),
    ...(Number.isFinite(to) ? [`score <= ${doubleSql(to)}`] : []),
  ];
  return `(${bounds.join(' AND ')})`;
}
