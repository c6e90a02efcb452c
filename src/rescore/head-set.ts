import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import { type Label, labelColumn } from '../samples/label.ts';
import { spreadColumn, type Tag, type TagName } from '../samples/tags.ts';

/** Which head file fills which column. */
export interface HeadSource {
  /** The column of the tags that its scores fill. */
  readonly column: TagName;
  readonly path: string;
  /** The published tag that it gives; absent for a column of the person's own. */
  readonly tag?: Tag;
}

/** A head with the column that it fills. */
export interface ColumnHead {
  readonly column: TagName;
  readonly head: Head;
}

/** A column of scores that is given in the unit of its label too. */
export interface LabelledColumn {
  readonly column: TagName;
  readonly label: Label;
  /** The column in that unit. */
  readonly name: TagName;
}

/** The columns whose heads say what their scores stand for. */
export function labelledColumns(heads: readonly ColumnHead[]): LabelledColumn[] {
  return heads.flatMap(({ column, head: { label } }) =>
    label ? [{ column, label, name: labelColumn(column, label) }] : [],
  );
}

/** The columns whose heads are ensembles, with the column of their spread. */
export function spreadColumns(
  heads: readonly ColumnHead[],
): { readonly column: TagName; readonly name: TagName }[] {
  return heads.flatMap(({ column, head }) =>
    head.scoreWithSpread ? [{ column, name: spreadColumn(column) }] : [],
  );
}

/** A head source that another thread loads again: the same bytes, or it is refused. */
export interface PinnedHead extends HeadSource {
  readonly digest: string;
}

/** Loads heads in order. @throws HeadError BB_HEAD_* */
export async function loadHeads(sources: readonly HeadSource[]): Promise<ColumnHead[]> {
  return Promise.all(
    sources.map(async ({ column, path, tag }) => ({
      column,
      head: await loadHead(path, tag ? { tag } : {}),
    })),
  );
}

/** Loads heads that were loaded before. @throws HeadError BB_HEAD_MISMATCH where a file has changed since */
export async function loadPinnedHeads(pins: readonly PinnedHead[]): Promise<ColumnHead[]> {
  const heads = await loadHeads(pins);
  for (const [i, { head }] of heads.entries()) {
    if (head.digest === pins[i]!.digest) continue;
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `The head ${pins[i]!.path} was changed while it was in use. Run the command again.`,
      { fields: { path: pins[i]!.path } },
    );
  }
  return heads;
}
