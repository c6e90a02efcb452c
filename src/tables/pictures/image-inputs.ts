import { TableError } from '../errors.ts';
import type { InputFormat, PictureFormat } from '../formats.ts';
import type { ReadableInput } from '../readable.ts';
import { findImageColumn, withoutImages } from './image-column.ts';

/** What a person says of images in columns. */
export interface ImageColumnChoice {
  readonly inputFormat?: InputFormat | PictureFormat | undefined;
  readonly imageColumn?: string | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Parquet files that have a column of images, as collections of these: where all have one, and nobody says that they are lists
 * of URLs (`inputFormat` is `parquet`). All others as they are.
 *
 * @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH where images are asked for and there are none
 */
export function withImageColumns(
  tables: readonly ReadableInput[],
  { inputFormat, imageColumn, onNote }: ImageColumnChoice,
): readonly ReadableInput[] {
  const isAsked = inputFormat === 'parquet-images' || imageColumn !== undefined;
  if ((inputFormat !== undefined && !isAsked) || tables.some(({ format }) => format !== 'parquet')) {
    if (imageColumn === undefined) return tables;
    throw noParquet(imageColumn);
  }
  const found = tables.map((table) => withImageColumn(table, imageColumn));
  const without = tables.find((_, place) => found[place] === undefined);
  if (!without) {
    if (!isAsked && tables.length > 0) onNote?.(tellFound(found[0]!));
    return found.flatMap((table) => table ?? []);
  }
  if (!isAsked) return tables;
  throw new TableError(
    'BB_COLUMN_MISSING',
    `${without.path} has no column that is known to hold images. Name it with --image-col. It has: ${without.columns.map(({ name }) => name).join(', ')}.`,
    { fields: { path: without.path } },
  );
}

function withImageColumn(table: ReadableInput, chosen: string | undefined): ReadableInput | undefined {
  const imageColumn = findImageColumn(table.path, table.columns, chosen);
  if (!imageColumn) return undefined;
  const columns = withoutImages(table.path, table.columns, imageColumn);
  return { ...table, format: 'parquet-images', imageColumn, columns };
}

function tellFound({ path, imageColumn }: ReadableInput): string {
  return `The images are taken from the column "${imageColumn!.name}" of ${path}; --input-format parquet downloads from its URLs instead.`;
}

function noParquet(column: string): TableError {
  return new TableError(
    'BB_SCHEMA_MISMATCH',
    `--image-col ${column} is for Parquet files with a column of images, and not all inputs are to be read as that. Leave it out.`,
    { fields: { column } },
  );
}
