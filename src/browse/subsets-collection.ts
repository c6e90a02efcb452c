import { basename } from 'node:path';
import { subsetsIn } from '../base/output-kinds.ts';
import { refuseUnfinished } from '../base/swap.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { Collection, PictureRun, RowColumns } from './collection.ts';
import { openSubset } from './subset-collection.ts';

/**
 * The rows of all subsets that a folder holds, one after the other by their names: each may be of another run, and keeps its pictures. Columns and
 * scores that one of them lacks are left out. undefined where the folder holds no subset, or anything else.
 *
 * @param folder absolute
 * @throws BowerbirdError as `openCollection`
 */
export async function openSubsets(
  connection: DuckDBConnection,
  folder: string,
): Promise<Collection | undefined> {
  const folders = subsetsIn(folder);
  await refuseUnfinished(folders);
  const opened: Collection[] = [];
  for (const subset of folders) opened.push((await openSubset(connection, subset))!);
  const [first, ...others] = opened;
  if (!first) return undefined;
  const runs: PictureRun[] = [];
  const fileRuns = opened.flatMap((subset) => {
    const number = subset.runs.length > 0 ? runs.push(subset.runs[0]!) - 1 : -1;
    return subset.files.map(() => number);
  });
  return {
    title: basename(folder),
    kind: 'subset',
    files: opened.flatMap(({ files }) => files),
    shardIds: undefined,
    columns: commonColumns(first, others),
    scores: first.scores.filter((name) => others.every(({ scores }) => scores.includes(name))),
    ...{ runs, fileRuns },
    notes: [...new Set(opened.flatMap(({ notes }) => notes))],
  };
}

/** The columns that are called alike in all. */
function commonColumns({ columns }: Collection, others: readonly Collection[]): RowColumns {
  const common = Object.entries(columns).filter(([part, name]) =>
    others.every((other) => other.columns[part as keyof RowColumns] === name),
  );
  return { hasFates: false, ...Object.fromEntries(common) };
}
