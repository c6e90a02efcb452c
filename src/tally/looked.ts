import type { ScoreSide } from '../samples/provenance/mixing.ts';
import { isTag } from '../samples/tags.ts';
import { type ColumnMapping, columnOf, type FileColumn } from '../tables/columns.ts';
import { describeParts, type PlayedPart } from '../tables/played-parts.ts';
import { textNote } from '../tables/readable.ts';
import type { MissingTexts } from '../tables/value-check.ts';
import type { OpenedFile, SkippedFile } from './batches.ts';
import type { Tally } from './tally.ts';

/** What a first look found; all of it but the tally is small, and can be put together from looks at parts of the inputs. */
export interface Looked {
  readonly tally: Tally;
  readonly files: readonly LookedFile[];
  readonly skipped: readonly SkippedFile[];
  /** How many of those, from the first on, were skipped before a row was counted. */
  readonly skippedAtFirst: number;
  /** Files by where their scores come from, in the order of the files. */
  readonly sides: readonly PlacedSide[];
  readonly storeSides: readonly ScoreSide[];
  /** Whether all that was counted has URLs. */
  readonly hasUrls: boolean;
}

/** A side, and its first file's path. */
export interface PlacedSide extends ScoreSide {
  readonly firstFile: string;
}

/** What is said of a file that was opened. */
export interface LookedFile {
  readonly path: string;
  /** Its columns of scores, and what they are in the file. */
  readonly columns: Partial<ColumnMapping>;
  readonly own: readonly FileColumn[];
  readonly missing: MissingTexts;
  /** Of lines that break its format. */
  readonly note?: string;
}

/** What is said of a file, once it is open. */
export function lookedFile({ table, columns, missing }: OpenedFile): LookedFile {
  const note = textNote(table);
  const own = Object.values(columns).flatMap((name) => columnOf(table.columns, name) ?? []);
  return { path: table.path, columns, own, missing, ...(note !== undefined && { note }) };
}

/** Which columns of files hold the scores. Files may call a score by different names: there is an entry for each. */
export function partsOf(files: readonly LookedFile[]): PlayedPart[] {
  const groups = new Map<string, LookedFile[]>();
  for (const file of files) {
    const key = JSON.stringify(file.columns);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].flatMap((alike) =>
    describeParts(
      alike.map(({ own }) => ({ columns: own })),
      { columns: alike[0]!.columns, empty: {} },
      alike.map(({ missing }) => missing),
    ).filter(({ part }) => isTag(part)),
  );
}
