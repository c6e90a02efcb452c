/** Rows of the same width, one after the other, and what may be said of them. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** How far rows are from others. */
export interface Difference {
  /**
   * The greatest of all rows: the length of the difference of a row, as a share of the root mean square of the lengths of all
   * other rows. A share of a row's own length says nothing where a score is next to 0 by chance.
   */
  readonly difference: number;
  /** The least of all rows. */
  readonly cosine: number;
}

/** How far `rows` are from `others`, which are in the same order. */
export function differenceOf(rows: Rows, others: Rows): Difference {
  const pairs = zip(rows, others);
  const scale = scaleOf(others);
  return {
    difference: Math.max(...pairs.map(([row, other]) => share(distance(row, other), scale))),
    cosine: Math.min(...pairs.map(([row, other]) => cosine(row, other))),
  };
}

/** The least and the greatest difference between two of the rows, as in `Difference`. */
export function spread(rows: Rows): { least: number; greatest: number } {
  const all = rowsOf(rows);
  const scale = scaleOf(rows);
  const differences = all.flatMap((row, i) =>
    all.slice(i + 1).map((other) => share(distance(row, other), scale)),
  );
  return { least: Math.min(...differences), greatest: Math.max(...differences) };
}

/** The lengths of rows. */
export function norms(rows: Rows): number[] {
  return rowsOf(rows).map(norm);
}

/** The places of rows in which a value is NaN or infinite. */
export function unsoundRows(rows: Rows): number[] {
  return rowsOf(rows).flatMap((row, place) => (row.every(Number.isFinite) ? [] : [place]));
}

/** Each row divided by its length; rows of zeros stay so. */
export function unitRows(rows: Rows): Rows {
  const lengths = norms(rows);
  const { values, width } = rows;
  return { width, values: values.map((value, i) => value / (lengths[Math.floor(i / width)]! || 1)) };
}

function rowsOf({ values, width }: Rows): Float32Array[] {
  return Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

function zip(rows: Rows, others: Rows): [Float32Array, Float32Array][] {
  const other = rowsOf(others);
  return rowsOf(rows).map((row, i) => [row, other[i]!]);
}

/** The root mean square of the lengths of rows. */
function scaleOf(rows: Rows): number {
  const lengths = norms(rows);
  return Math.sqrt(lengths.reduce((sum, length) => sum + length ** 2, 0) / lengths.length);
}

/** Rows of zeros do not differ. */
function share(apart: number, scale: number): number {
  return apart === 0 ? 0 : apart / scale;
}

function distance(row: Float32Array, other: Float32Array): number {
  return norm(row.map((value, i) => value - other[i]!));
}

/** A row of zeros has no direction: it is taken to be that of another such row, and across every other one. */
function cosine(row: Float32Array, other: Float32Array): number {
  const lengths = norm(row) * norm(other);
  if (lengths !== 0) return dot(row, other) / lengths;
  return norm(row) === norm(other) ? 1 : 0;
}

function norm(row: Float32Array): number {
  return Math.sqrt(dot(row, row));
}

function dot(row: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i]! * other[i]!;
  return sum;
}
