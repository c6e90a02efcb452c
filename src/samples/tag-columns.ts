import type { Tag } from './tags.ts';

/** A row's tags as doubles; NaN where it has none. */
export type TagValues = Readonly<Record<Tag, number>>;

/** The tags of some rows, one entry per row: float32 as they are judged and published, NaN = null. */
export type TagColumns = Readonly<Record<Tag, Float32Array>>;

/** The tags of one row of some. */
export function tagsAt({ aesthetic, punsafe, pwatermark }: TagColumns, row: number): TagValues {
  return { aesthetic: aesthetic[row]!, punsafe: punsafe[row]!, pwatermark: pwatermark[row]! };
}

/**
 * A tag as float32 for `rowCount` rows: the input's own where a row has one, else the computed one; NaN where there is
 * neither.
 *
 * @param column the input's own; absent where it has no such column
 * @param computed a head's scores; absent where there is no head for the tag
 */
export function firstKnown(
  column: Float32Array | undefined,
  computed: Float32Array | Float64Array | undefined,
  rowCount: number,
): Float32Array {
  if (!computed) return column ?? new Float32Array(rowCount).fill(Number.NaN);
  if (column) return column.map((value, row) => (Number.isNaN(value) ? computed[row]! : value));
  return computed instanceof Float32Array ? computed : Float32Array.from(computed);
}

/** NaN, which stands for no value in columns, as null. */
export function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
