import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';

/** What a categorical column takes for its texts. */
export interface Vocabulary {
  readonly indexes: ReadonlyMap<string, number>;
  /** For a text that is not in it. */
  readonly unknown: number;
}

/** Columns whose values are looked up as texts before the first layer, by their places in the embedding. */
export type CategoricalColumns = ReadonlyMap<number, Vocabulary>;

/**
 * Rounds rows of embeddings to float16, as they were stored when such heads were trained, then puts for each value of
 * a categorical column the index of its text. Without the rounding hardly a value is in a vocabulary of float16 values.
 *
 * @param rows float32(count x dimension); not changed
 * @returns float64(count x dimension), what the first layer takes
 */
export function encodeCategories(
  columns: CategoricalColumns,
  rows: Float32Array,
  dimension: number,
): Float64Array {
  const values = Float64Array.from(fromFloat16Bits(toFloat16Bits(rows)));
  for (const [column, { indexes, unknown }] of columns) {
    for (let at = column; at < values.length; at += dimension) {
      // TensorFlow's lookup would make a category of NaN, and a plausible score of the row.
      if (Number.isNaN(values[at])) continue;
      values[at] = indexes.get(formatFixed6(values[at]!)) ?? unknown;
    }
  }
  return values;
}

/**
 * What C's printf gives for "%f", which TensorFlow's AsString calls: six decimals, of which the last is rounded half to
 * even (toFixed rounds half away from zero: 0.1328125 is 0.132812 in C, 0.132813 there).
 *
 * @param value a value of float16: it has 11 significant bits, so that a million of it is exact in a double
 */
export function formatFixed6(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const millionths = roundHalfEven(Math.abs(value) * 1e6);
  const digits = String(millionths).padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** Whether texts are those of float16 values: then each is the text of the float16 nearest to it. */
export function areOfFloat16({ indexes }: Vocabulary): boolean {
  const texts = [...indexes.keys()];
  const nearest = fromFloat16Bits(toFloat16Bits(Float32Array.from(texts, Number)));
  return texts.every((text, i) => formatFixed6(nearest[i]!) === text);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return rest < 0.5 ? floor : floor + 1;
}
