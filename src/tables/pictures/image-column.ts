import { basename } from 'node:path';
import { PATH_COLUMN } from '../../pictures/picture-row.ts';
import { columnOf, type FileColumn } from '../columns.ts';
import { quoteName, quoteText } from '../duckdb.ts';
import { TableError } from '../errors.ts';

/** A column of images in a Parquet file. */
export interface ImageColumn {
  readonly name: string;
  /** Whether its values are the hub's struct of bytes and a path; plain bytes otherwise. */
  readonly isStruct: boolean;
}

/** Names that columns of plain bytes go by, best first: the hub's, img2dataset's by `--encode_format`, and common ones. */
export const KNOWN_IMAGE_NAMES: readonly string[] = [
  'image',
  'jpg',
  'png',
  'webp',
  'img',
  'jpeg',
  'image_bytes',
];

/**
 * The column of images: the one that a person names, else the first of the known names, else the only one that is a struct of bytes.
 *
 * @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH where one is named that is none
 */
export function findImageColumn(
  path: string,
  columns: readonly FileColumn[],
  chosen: string | undefined,
): ImageColumn | undefined {
  if (chosen !== undefined) return chosenColumn(path, columns, chosen);
  for (const name of KNOWN_IMAGE_NAMES) {
    const found = columnOf(columns, name);
    const column = found && imageColumnOf(found);
    if (column) return column;
  }
  const structs = columns.flatMap((column) => imageColumnOf(column) ?? []).filter(({ isStruct }) => isStruct);
  return structs.length === 1 ? structs[0] : undefined;
}

function chosenColumn(path: string, columns: readonly FileColumn[], chosen: string): ImageColumn {
  const found = columnOf(columns, chosen);
  const names = columns.map(({ name }) => name);
  if (!found) {
    throw new TableError(
      'BB_COLUMN_MISSING',
      `${path} has no column "${chosen}", which --image-col names. It has: ${names.join(', ')}.`,
      { fields: { path, columns: names } },
    );
  }
  const column = imageColumnOf(found);
  if (column) return column;
  throw new TableError(
    'BB_SCHEMA_MISMATCH',
    `${path}: the column "${found.name}" cannot be read as images. It holds ${found.type}, not bytes or a struct of bytes and a path. ` +
      'Name another with --image-col.',
    { fields: { path, column: found.name, type: found.type } },
  );
}

/** The column as one of images; undefined where it holds anything else. */
export function imageColumnOf({ name, type }: Pick<FileColumn, 'name' | 'type'>): ImageColumn | undefined {
  if (type === 'BLOB') return { name, isStruct: false };
  return /^STRUCT\((.*, )?"?bytes"? BLOB[,)]/.test(type) ? { name, isStruct: true } : undefined;
}

/** SQL for the bytes of an image. */
export function imageBytesSql({ name, isStruct }: ImageColumn): string {
  return isStruct ? `${quoteName(name)}.bytes` : quoteName(name);
}

/**
 * The columns of a file without that of the images, and with one of paths where it has none of that name: the struct's own, else the
 * file's name and the row's number in it, from 0.
 */
export function withoutImages(
  path: string,
  columns: readonly FileColumn[],
  image: ImageColumn,
): FileColumn[] {
  const others = columns.filter(({ name }) => name !== image.name);
  if (columnOf(others, PATH_COLUMN)) return others;
  const type = columns.find(({ name }) => name === image.name)!.type;
  const row = `${quoteText(`${basename(path)}/`)} || file_row_number`;
  const hasPath = image.isStruct && /"?path"? VARCHAR/.test(type);
  const computed = hasPath ? `coalesce(${quoteName(image.name)}.path, ${row})` : row;
  return [{ name: PATH_COLUMN, type: 'VARCHAR', computed }, ...others];
}
