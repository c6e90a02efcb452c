import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { Collection } from './collection.ts';
import { openRun } from './run-collection.ts';
import { openSubset } from './subset-collection.ts';
import { openSubsets } from './subsets-collection.ts';

/**
 * Opens what a path stands for: the folder of a run, of a subset, or of subsets alone.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_EMPTY, BB_INPUT_UNREADABLE, BB_OUTPUT_UNFINISHED, BB_RUN_CORRUPT, BB_USAGE
 */
export async function openCollection(connection: DuckDBConnection, path: string): Promise<Collection> {
  const folder = resolve(path);
  if (!existsSync(folder)) throw notFound(path, 'There is nothing at');
  await refuseUnfinished([folder]);
  if (existsSync(join(folder, 'merged.json'))) {
    throw new BowerbirdError(
      'BB_USAGE',
      `${path} is a merge of runs and holds no rows. Give one of the runs that it was made of.`,
      { fields: { path } },
    );
  }
  const collection = existsSync(join(folder, 'run.json'))
    ? await openRun(connection, folder)
    : ((await openSubset(connection, folder)) ?? (await openSubsets(connection, folder)));
  if (!collection) {
    throw notFound(path, 'There is neither the run.json of a run nor the subset.json of a subset in');
  }
  if (collection.files.every(({ rowCount }) => rowCount === 0)) {
    throw new BowerbirdError('BB_INPUT_EMPTY', `${path} holds no row, so there is nothing to look at.`, {
      fields: { path },
    });
  }
  return collection;
}

function notFound(path: string, what: string): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_NOT_FOUND',
    `${what} ${path}. Give the folder of a run or of a subset.`,
    {
      fields: { path },
    },
  );
}
