import { TableError } from '../errors.ts';
import { type InputFormat, isPictureFormat, type PictureFormat } from '../formats.ts';
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
 * of URLs (`inputFormat` is `parquet`). All others as they are; files without rows are of either kind.
 *
 * @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH where images are asked for and there are none; BB_INPUT_FORMAT where some have
 *   one, others have none, and nobody says what they are
 */
export function withImageColumns(
  tables: readonly ReadableInput[],
  { inputFormat, imageColumn, onNote }: ImageColumnChoice,
): readonly ReadableInput[] {
  const isAsked = inputFormat === 'parquet-images' || imageColumn !== undefined;
  if (inputFormat === undefined && !isAsked) refuseMixed(tables);
  if ((inputFormat !== undefined && !isAsked) || tables.some(({ format }) => format !== 'parquet')) {
    if (imageColumn === undefined) return tables;
    throw noParquet(imageColumn);
  }
  const found = tables.map((table) => withImageColumn(table, imageColumn));
  const without = tables.find(({ rowCount }, place) => found[place] === undefined && rowCount > 0);
  const first = found.find((table) => table !== undefined);
  if (!without && first) {
    if (!isAsked) onNote?.(tellFound(first));
    return tables.map((table, place) => found[place] ?? table);
  }
  if (!isAsked || !without) return tables;
  throw new TableError(
    'BB_COLUMN_MISSING',
    `${without.path} has no column that is known to hold images. Name it with --image-col. It has: ${without.columns.map(({ name }) => name).join(', ')}.`,
    { fields: { path: without.path } },
  );
}

/** Taken as lists all of them, images that are there would be downloaded and their bytes kept as a tag. */
function refuseMixed(tables: readonly ReadableInput[]): void {
  const filled = tables.filter(({ rowCount, format }) => rowCount > 0 && !isPictureFormat(format));
  const columnIn = ({ path, format, columns }: ReadableInput): string | undefined =>
    format === 'parquet' ? findImageColumn(path, columns, undefined)?.name : undefined;
  const images = filled.find((table) => columnIn(table) !== undefined);
  const list = filled.find((table) => columnIn(table) === undefined);
  if (!images || !list) return;
  throw new TableError(
    'BB_INPUT_FORMAT',
    `${images.path} has images in its column "${columnIn(images)}", and ${list.path} has no column that is known to hold images: one run reads one kind of input. ` +
      'Give them to separate runs, or say what all are: --image-col NAME for Parquet files with images in that column, --input-format parquet for lists of URLs in Parquet.',
    { fields: { paths: [images.path, list.path] } },
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
