import { bytesIn } from '../chunk.ts';
import { type DuckDBDataChunk, JSDuckDBValueConverter } from '../duckdb-library.ts';
import type { ReadColumn } from './columns.ts';

/**
 * A value of any column as JavaScript has it: 64-bit integers as bigint, other numbers (decimals too) as number, dates and
 * times of day and year as Date, bytes as Uint8Array, lists as arrays, structs as objects.
 */
export type ColumnValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | readonly ColumnValue[]
  | { readonly [name: string]: ColumnValue };

/** The columns of a chunk that a `ParquetReader` gave, each as an array of its values, which are copies. */
export function valuesOf(chunk: DuckDBDataChunk, columns: readonly ReadColumn[]): ColumnValue[][] {
  return columns.map(({ type }, place) => {
    if (type === 'VARCHAR') return mapBytes(chunk, place, (bytes) => decoder.decode(bytes));
    if (type === 'BLOB') return mapBytes(chunk, place, (bytes) => Uint8Array.from(bytes));
    const values = chunk.convertColumnValues(place, JSDuckDBValueConverter) as ColumnValue[];
    return type === 'BOOLEAN' ? values.map((value) => (value === null ? null : value === 1)) : values;
  });
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function mapBytes(
  chunk: DuckDBDataChunk,
  place: number,
  map: (bytes: Uint8Array) => ColumnValue,
): ColumnValue[] {
  const bytesOf = bytesIn(chunk, place);
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    const bytes = bytesOf(row);
    return bytes === null ? null : map(bytes);
  });
}
