/** Rows of the same width, one after the other, and what may be said of them. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** How far rows are from others. */
export interface Difference {
  /** The greatest of all rows: the length of the difference of a row, as a share of the length of the other row. */
  readonly difference: number;
  /** The least of all rows. */
  readonly cosine: number;
}

/** How far `rows` are from `others`, which are in the same order. */
export function differenceOf(rows: Rows, others: Rows): Difference {
  const pairs = zip(rows, others);
  return {
    difference: Math.max(...pairs.map(([row, other]) => relativeDifference(row, other))),
    cosine: Math.min(...pairs.map(([row, other]) => dot(row, other) / (norm(row) * norm(other)))),
  };
}

/** The least and the greatest difference between two of the rows, as in `Difference`. */
export function spread(rows: Rows): { least: number; greatest: number } {
  const all = rowsOf(rows);
  const differences = all.flatMap((row, i) =>
    all.slice(i + 1).map((other) => relativeDifference(row, other)),
  );
  return { least: Math.min(...differences), greatest: Math.max(...differences) };
}

/** The lengths of rows. */
export function norms(rows: Rows): number[] {
  return rowsOf(rows).map(norm);
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

/** Two rows of zeros do not differ. */
function relativeDifference(row: Float32Array, other: Float32Array): number {
  const apart = norm(row.map((value, i) => value - other[i]!));
  return apart === 0 ? 0 : apart / norm(other);
}

function norm(row: Float32Array): number {
  return Math.sqrt(dot(row, row));
}

function dot(row: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i]! * other[i]!;
  return sum;
}
