import type { FileColumn, SchemaColumn } from './columns.ts';
import { imageColumnOf, KNOWN_IMAGE_NAMES } from './pictures/image-column.ts';

const LIST_OF_FLOATS = /^(FLOAT|DOUBLE)\[\d*\]$/;
const EMBEDDING_NAME = /emb|vector/i;

/** What columns may be meant for where none has URLs, as sentences that each end with a blank; '' where nothing shows. */
export function columnAdvice(schema: readonly SchemaColumn[]): string {
  const found = schema.flatMap((column) => {
    const { name, type } = column;
    if (imageColumnOf(column)) return `Where "${name}" holds images, say --image-col ${name}. `;
    if (type.includes('BLOB'))
      return `"${name}" holds ${type}: where these are images, write them as a column of bytes, or of structs of bytes and a path, one a row, and name it with --image-col. `;
    if (type === 'VARCHAR' && KNOWN_IMAGE_NAMES.includes(name.toLowerCase()))
      return `"${name}" holds text: of images in base64 write the bytes, and name their column with --image-col. `;
    return LIST_OF_FLOATS.test(type)
      ? `"${name}" holds lists of numbers: where they are embeddings, say --input-format embeddings. `
      : [];
  });
  return found[0] ?? '';
}

/** Tells of embeddings beside URLs, which are downloaded; undefined where no file has any. */
export function embeddingNote(
  files: readonly { readonly path: string; readonly columns: readonly FileColumn[] }[],
): string | undefined {
  for (const { path, columns } of files) {
    const column = columns.find(({ name, type }) => LIST_OF_FLOATS.test(type) && EMBEDDING_NAME.test(name));
    if (column)
      return `Images are downloaded: the column "${column.name}" of ${path} is not looked at. --input-format embeddings scores stored embeddings, without a download.`;
  }
  return undefined;
}
