import type { Interval } from '../metrics/bootstrap.ts';
import { wilsonInterval } from '../metrics/proportions.ts';
import { studentReach } from '../metrics/student.ts';
import type { Reading } from './readings.ts';

/** A figure that was measured, and where it lies with 95 % confidence; null where the sample is too small to say. */
export interface Figure {
  readonly value: number;
  readonly interval: Interval | null;
}

/** What a row takes once a run is under way: of the rows between the first half and the last tenth of the sample. */
export interface RowCost {
  readonly seconds: Figure;
  /** Undefined where the system does not tell. */
  readonly cpuSeconds: Figure | undefined;
}

/**
 * The first rows wait for an empty machine, and code runs at a fraction of its speed until it has been compiled, some hundred rows
 * long: with the built-in encoder the first 300 rows take twice the CPU time of later ones.
 */
const WARM_UP_SHARE = 0.5;
/** The last rows wait for the slowest hosts. */
const TAIL_SHARE = 0.1;
const BATCHES = 10;
/** With fewer rows in a batch, the batches of a model decide when rows end. */
const MIN_BATCH_ROWS = 10;
/** Fewer stretches say nothing of how they differ. */
const MIN_STRETCHES = 4;

/**
 * What a row takes, from readings of a sample: the rows behind its first half and before its last tenth are cut into ten batches of
 * equal numbers of rows, whose means give the interval (the method of batch means; Student's t with nine degrees of
 * freedom). A sample of fewer than 250 rows has too few of them, and so has one whose rows end all at once: then it is all of it, without an interval.
 */
export function rowCost(readings: readonly Reading[]): RowCost {
  const rows = readings.at(-1)!.rows;
  const middle = rows * (1 - WARM_UP_SHARE - TAIL_SHARE);
  const inBatches = Array.from({ length: BATCHES + 1 }, (_, i) =>
    readingAt(readings, rows * WARM_UP_SHARE + (i * middle) / BATCHES),
  );
  // Rows that all fail at once end between two looks.
  const isLong = middle >= BATCHES * MIN_BATCH_ROWS && inBatches[0] !== inBatches.at(-1);
  const marks = isLong ? inBatches : [readings[0]!, readings.at(-1)!];
  // What ended between two looks ended at once, as far as is known: batches that began and ended there are left out.
  const batches = marks.slice(1).map((end, i) => ({ start: marks[i]!, end }));
  const per = (of: (reading: Reading) => number): Figure => {
    const [first, last] = [marks[0]!, marks.at(-1)!];
    const value = (of(last) - of(first)) / Math.max(1, last.rows - first.rows);
    const means = batches
      .filter(({ start, end }) => end.rows > start.rows)
      .map(({ start, end }) => (of(end) - of(start)) / (end.rows - start.rows));
    return { value, interval: means.length < BATCHES ? null : meanInterval(value, means) };
  };
  return {
    seconds: per(({ atMs }) => atMs / 1000),
    cpuSeconds: marks[0]!.cpuSeconds === undefined ? undefined : per((reading) => reading.cpuSeconds!),
  };
}

function readingAt(readings: readonly Reading[], rows: number): Reading {
  return readings.find((reading) => reading.rows >= rows) ?? readings.at(-1)!;
}

function meanInterval(value: number, means: readonly number[]): Interval {
  const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
  const square = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (means.length - 1);
  const reach = studentReach(means.length - 1) * Math.sqrt(square / means.length);
  return { low: Math.max(0, value - reach), high: value + reach };
}

/** What a stretch's rows sum to. */
export interface StretchSum {
  readonly rows: number;
  readonly sum: number;
}

/** A sum for each row, over stretches that are drawn as wholes (the ratio estimator; Cochran 1977, 6.4). */
export function perRow(stretches: readonly StretchSum[]): Figure {
  const rows = stretches.reduce((all, each) => all + each.rows, 0);
  const value = stretches.reduce((all, { sum }) => all + sum, 0) / rows;
  const count = stretches.length;
  if (count < MIN_STRETCHES) return { value, interval: null };
  const spread = stretches.reduce((all, each) => all + (each.sum - value * each.rows) ** 2, 0);
  const reach = (studentReach(count - 1) * Math.sqrt((count / (count - 1)) * spread)) / rows;
  return { value, interval: { low: Math.max(0, value - reach), high: value + reach } };
}

/** How many rows of a stretch are of a kind. */
export interface StretchCount {
  readonly rows: number;
  readonly hits: number;
}

/**
 * The share of rows that are of a kind. Neighbouring rows are alike (they come of one crawl, or one host), so that a
 * sample of stretches says less than its rows alone would: Wilson's interval is taken for fewer rows, by how much more the
 * shares of stretches differ than chance has it (the design effect of a ratio; Kish 1965, 6.4).
 */
export function shareOf(stretches: readonly StretchCount[]): Figure {
  const rows = stretches.reduce((sum, each) => sum + each.rows, 0);
  const hits = stretches.reduce((sum, each) => sum + each.hits, 0);
  const share = hits / rows;
  const count = stretches.length;
  const spread =
    (count / Math.max(1, count - 1)) *
    stretches.reduce((sum, each) => sum + (each.hits - share * each.rows) ** 2, 0);
  const byChance = rows * share * (1 - share);
  const effect = byChance > 0 ? Math.max(1, spread / byChance) : 1;
  return { value: share, interval: wilsonInterval(hits / effect, rows / effect) };
}

/** What the files of a shard take: so much each, and so much for each row. */
export interface FileCost {
  readonly bytesPerRow: Figure;
  readonly bytesPerShard: number;
}

/**
 * The line through the sizes of shards by their rows (least squares): small shards weigh more for each row than large ones,
 * since every file has a beginning and an end. Where shards are all of one size, or the line would begin below zero, it is
 * the plain mean of a row.
 */
export function fileCost(shards: readonly { readonly rows: number; readonly bytes: number }[]): FileCost {
  const count = shards.length;
  const meanRows = shards.reduce((sum, { rows }) => sum + rows, 0) / count;
  const meanBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0) / count;
  const sums = shards.map(({ rows, bytes }) => ({ rows, sum: bytes }));
  const plain = { bytesPerRow: perRow(sums), bytesPerShard: 0 };
  const square = shards.reduce((sum, { rows }) => sum + (rows - meanRows) ** 2, 0);
  if (count < MIN_STRETCHES || square === 0) return plain;
  const slope =
    shards.reduce((sum, { rows, bytes }) => sum + (rows - meanRows) * (bytes - meanBytes), 0) / square;
  const base = meanBytes - slope * meanRows;
  if (slope < 0 || base < 0) return plain;
  const residual = shards.reduce((sum, { rows, bytes }) => sum + (bytes - base - slope * rows) ** 2, 0);
  const reach = studentReach(count - 2) * Math.sqrt(residual / (count - 2) / square);
  return {
    bytesPerRow: { value: slope, interval: { low: Math.max(0, slope - reach), high: slope + reach } },
    bytesPerShard: base,
  };
}
