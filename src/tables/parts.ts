import { TAGS } from '../samples/tags.ts';
import { storedType } from './column-sql.ts';
import { fitOf, type Part } from './column-values.ts';
import {
  type ColumnChoice,
  type ColumnMapping,
  columnOf,
  type FileColumn,
  type FoundColumns,
  findParts,
} from './columns.ts';
import type { ReadableInput } from './readable.ts';
import type { MissingTexts } from './value-check.ts';

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
 * @throws TableError as `findParts`
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

/** What a column of the input is used for, as records and summaries say it. */
export interface PlayedPart {
  readonly part: Part;
  /** Null where there is none. */
  readonly column: string | null;
  /** DuckDB's names for the types that the column has in the files, each once. */
  readonly types: readonly string[];
  /** What its values become where that is another type: `int64`, `float32`. Null where they are taken as they are. */
  readonly converted_to: string | null;
  /** Texts that stand for no value: null, empty, `NA`, ... Null where the column holds no text. */
  readonly missing: number | null;
  /** Columns that hashes are computed from, in every row or, beside a column of hashes, where it is null. */
  readonly computed_from: readonly string[] | null;
  /** A column that would play the part if it held anything but null. */
  readonly empty_column: string | null;
}

const ALL_PARTS: readonly Part[] = ['url', 'caption', 'hash', ...TAGS];
const AS_TAKEN: readonly string[] = ['BIGINT', 'FLOAT'];

/** What the columns of some files are used for. @param missing of each file */
export function describeParts(
  files: readonly Pick<ReadableInput, 'columns'>[],
  { columns, empty }: FoundColumns,
  missing: readonly MissingTexts[],
): PlayedPart[] {
  const texts = [columns.url, columns.caption].flatMap((name) => name ?? []);
  return ALL_PARTS.map((part) => {
    const column = columns[part] ?? null;
    const types = column === null ? [] : typesIn(files, column);
    const counted = missing.flatMap((counts) => counts[part] ?? []);
    return {
      part,
      column,
      types,
      converted_to: types.every((type) => isTaken(part, type)) ? null : part === 'hash' ? 'int64' : 'float32',
      missing: counted.length === 0 ? null : counted.reduce((sum, count) => sum + count, 0),
      computed_from: part === 'hash' && texts.length > 0 ? texts : null,
      empty_column: empty[part] ?? null,
    };
  });
}

function typesIn(files: readonly Pick<ReadableInput, 'columns'>[], name: string): string[] {
  const types = files.flatMap(({ columns }) => {
    const column = columnOf(columns, name);
    return column ? [storedType(column)] : [];
  });
  return [...new Set(types)];
}

/** Texts are URLs and captions as they are; what is null is nothing else. */
function isTaken(part: Part, type: string): boolean {
  return part === 'url' || part === 'caption' || AS_TAKEN.includes(type) || fitOf(part, type) === 'null';
}
