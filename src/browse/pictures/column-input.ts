import { readFooter } from '../../tables/footer.ts';
import { ImageColumnReader } from '../../tables/pictures/column-reader.ts';
import { findImageColumn } from '../../tables/pictures/image-column.ts';
import type { InputPictures, InputTools } from './input-pictures.ts';

/** The images in a column of a Parquet file, each by the number of its row. */
export async function openColumn(
  file: string,
  name: string | undefined,
  { connection, database, limits }: InputTools,
): Promise<InputPictures> {
  const { columns } = await readFooter(connection, file);
  const column = findImageColumn(file, columns, name);
  if (!column) throw new Error(`${file} has no column of images.`);
  const reader = new ImageColumnReader(database, limits);
  return {
    read: (row) => reader.read({ file, column, row }),
    close: () => reader.close(),
  };
}
