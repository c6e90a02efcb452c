import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteName, quoteText } from '../duckdb.ts';
import { KNOWN_NAMES } from '../parts.ts';

/** The column of texts beside images. */
export const CAPTION_COLUMN = 'caption';

/** The column that captions are taken from, of some that stand beside images: the first of the known names. */
export function captionColumnOf<Column extends { readonly name: string }>(
  columns: readonly Column[],
): Column | undefined {
  return captionColumns(columns)[0];
}

/** By the known names: as spelt, else whatever the case. */
function captionColumns<Column extends { readonly name: string }>(columns: readonly Column[]): Column[] {
  const found = KNOWN_NAMES.caption.flatMap(
    (name) =>
      columns.find((column) => column.name === name) ??
      columns.find((column) => column.name.toLowerCase() === name.toLowerCase()) ??
      [],
  );
  return [...new Set(found)];
}

/**
 * Where some images have a caption and others only a text under another known name in their JSON, the latter is their caption too: one
 * column plays the part. Not of a JSON that has the key `caption`, with null: img2dataset writes it so where there is none.
 *
 * @param table of rows and their columns, in the order of `records`, whose column `record` is their JSON
 */
export async function gatherCaptions(
  connection: DuckDBConnection,
  { name, columns }: { readonly name: string; readonly columns: readonly string[] },
  records: string,
): Promise<void> {
  const [caption, ...others] = captionColumns(columns.map((column) => ({ name: column })));
  if (caption?.name !== CAPTION_COLUMN || others.length === 0) return;
  const values = others.map((other) => `shown.${quoteName(other.name)}`).join(', ');
  await connection.run(
    `UPDATE ${name} AS shown SET ${quoteName(CAPTION_COLUMN)} = coalesce(${values}) FROM ${records} AS listed
     WHERE listed.rowid = shown.rowid AND NOT json_exists(listed.record, ${quoteText(`$.${CAPTION_COLUMN}`)})`,
  );
}
