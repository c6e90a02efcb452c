import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { inferFormat } from '../shards/inputs.ts';
import { readScoreRows, type ScoreRowOptions } from '../shards/score-rows.ts';
import type { StoreColumn } from '../store/meta.ts';
import type { ScoreRows } from '../store/records.ts';
import {
  checkStaticKv,
  type KvInput,
  kvValueFormat,
  parseKvFormat,
  readStaticKv,
} from '../store/static-kv.ts';
import { type FlagValues, usageError } from './flags.ts';

/** What static-ondisk-kv takes for `value_columns` where nothing is said: LAION's file has these. */
const KV_DEFAULT_COLUMNS = { ee: ['pwatermark', 'punsafe'] } as const;

/**
 * The rows of all inputs of a build: run folders, Parquet, CSV and TSV as `readScoreRows` has them; with
 * `--kv-format`, files whose name shows no other format are static-ondisk-kv.
 *
 * @throws BowerbirdError BB_USAGE at once; when read, what `readScoreRows` and `readStaticKv` throw
 */
export function readStoreInputs(
  paths: readonly string[],
  columns: readonly StoreColumn[],
  values: FlagValues,
  options: ScoreRowOptions,
): AsyncGenerator<ScoreRows> {
  const isKv = (path: string): boolean => isFile(path) && inferFormat(path) === undefined;
  const kvPaths = paths.filter(isKv);
  const kvFiles = kvInputs(kvPaths, values);
  const others = paths.filter((path) => !isKv(path));
  return readAll(kvFiles, others, columns, options);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function kvInputs(paths: readonly string[], values: FlagValues): KvInput[] {
  const given = values['kv-format'] as string | undefined;
  const names = values['kv-columns'] as string[] | undefined;
  if (paths.length === 0) {
    if (given !== undefined || names !== undefined)
      throw usageError('--kv-format and --kv-columns are for static-ondisk-kv files; --from names none.');
    return [];
  }
  if (given === undefined) {
    throw usageError(
      `The name of ${paths[0]} shows no format. Is it a static-ondisk-kv file? Then say how its records look: --kv-format q+ee.`,
    );
  }
  const format = parseKvFormat(given);
  if (!format) {
    throw usageError(
      `--kv-format needs the key format q, a plus, and a value format of as many e or f as there are scores: q+ee; not ${given}.`,
    );
  }
  const valueFormat = kvValueFormat(format);
  const columns = names ?? KV_DEFAULT_COLUMNS[valueFormat as keyof typeof KV_DEFAULT_COLUMNS];
  if (!columns || columns.length !== format.columnCount || new Set(columns).size < columns.length) {
    throw usageError(
      `--kv-columns needs a name for each of the ${format.columnCount} scores of ${given}, in their order` +
        `${columns ? `, each once; not ${columns.join(',')}` : ''}.`,
    );
  }
  return [...new Set(paths.map((path) => resolve(path)))].map((path) => ({ path, format, columns }));
}

async function* readAll(
  kvFiles: readonly KvInput[],
  others: readonly string[],
  columns: readonly StoreColumn[],
  options: ScoreRowOptions,
): AsyncGenerator<ScoreRows> {
  for (const file of kvFiles) await checkStaticKv(file, columns);
  // Looks at all its files before it reads one, so a wrong input is told at once.
  if (others.length > 0) yield* readScoreRows(others, columns, options);
  for (const file of kvFiles) yield* readStaticKv(file, columns, options.onSource);
}
