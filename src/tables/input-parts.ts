import {
  type ColumnChoice,
  type ColumnMapping,
  type FileColumn,
  type FoundColumns,
  findParts,
} from './columns.ts';
import type { ReadableInput } from './readable.ts';

/** Whether a file's types were guessed from text. */
export function isText({ format }: Pick<ReadableInput, 'format'>): boolean {
  return format !== 'parquet';
}

/**
 * The columns of a text file with the types that their parts give them: URL and caption are texts whatever they look
 * like ("2012" is a caption, and its bytes are hashed), a hash is an integer or text, and a score is a number, with
 * words for none. Those of any other file as they are.
 */
export function columnsByPart(
  { columns }: Pick<ReadableInput, 'columns'>,
  { url, caption, hash, ...scores }: Partial<ColumnMapping>,
): readonly FileColumn[] {
  const is = (column: FileColumn, names: readonly (string | undefined)[]): boolean =>
    names.some((name) => name?.toLowerCase() === column.name.toLowerCase());
  return columns.map((column) => {
    if (column.stored === undefined) return column;
    if (is(column, [url, caption])) return { ...column, type: 'VARCHAR' };
    if (is(column, [hash])) return column.type === 'DOUBLE' ? { ...column, type: 'VARCHAR' } : column;
    if (is(column, Object.values(scores)))
      return column.type === 'VARCHAR' ? { ...column, type: 'DOUBLE' } : column;
    return column;
  });
}

/**
 * The parts that the columns of several files play in a run. A score that is null in every row is none, whatever its
 * type: a run's own tables have all three columns, and a rule by default would drop each row for want of a tag that
 * nobody gave.
 *
 * @throws ShardError as `findParts`
 */
export function findPartsOf(
  files: readonly Pick<ReadableInput, 'path' | 'columns'>[],
  choice: ColumnChoice,
): FoundColumns {
  return findParts(
    files.flatMap(({ path, columns }) =>
      columns.map((column) => ({ ...column, path, isNoScore: column.isEmpty === true })),
    ),
    choice,
  );
}
