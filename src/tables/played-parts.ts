import { columnOf, fitOf, PARTS, type Part, storedType } from './columns.ts';
import type { FoundColumns } from './parts.ts';
import type { ReadableInput } from './readable.ts';
import type { MissingTexts } from './value-check.ts';

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
  /** Values beside listed images that are not what the part asks for, and are taken for none. Only where there are some. */
  readonly unfit?: number;
  /**
   * Columns that hashes are computed from, in every row or, beside a column of hashes, where it is null. Of `url` and `path`
   * the second counts where the first is null.
   */
  readonly computed_from: readonly string[] | null;
  /** A column that would play the part if it held anything but null. */
  readonly empty_column: string | null;
}

const AS_TAKEN: readonly string[] = ['BIGINT', 'FLOAT'];

/** What the columns of some files are used for. @param missing of each file @param unfit of all */
export function describeParts(
  files: readonly Pick<ReadableInput, 'columns'>[],
  { columns, empty }: FoundColumns,
  missing: readonly MissingTexts[],
  unfit: ReadonlyMap<Part, number> = new Map(),
): PlayedPart[] {
  const texts = [columns.url, columns.path, columns.caption].flatMap((name) => name ?? []);
  return PARTS.map((part) => {
    const column = columns[part] ?? null;
    const types = column === null ? [] : typesIn(files, column);
    const counted = missing.flatMap((counts) => counts[part] ?? []);
    return {
      part,
      column,
      types,
      converted_to: types.every((type) => isTaken(part, type)) ? null : part === 'hash' ? 'int64' : 'float32',
      missing: counted.length === 0 ? null : counted.reduce((sum, count) => sum + count, 0),
      ...(unfit.has(part) && { unfit: unfit.get(part)! }),
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
