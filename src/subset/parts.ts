import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteName, quoteText } from '../shards/sql.ts';
import type { SubsetDatabase } from './database.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';

/** A written file. */
export interface PartFile {
  readonly name: string;
  readonly rows: number;
}

/** Rows of one row group: DuckDB's own choice, named so that the bytes do not depend on its version's. */
const ROW_GROUP_ROWS = 122_880;

/** As many files as LAION's subsets have, where they are large enough for it. */
const DEFAULT_FILES = 128;
const MIN_DEFAULT_ROWS = 1000;

/** How many files a subset has when nobody says: 128, fewer where a file would have less than 1000 rows. */
export function defaultFiles(rows: number): number {
  return Math.min(DEFAULT_FILES, Math.max(1, Math.floor(rows / MIN_DEFAULT_ROWS)));
}

/**
 * Cuts `rows` into at most `files` contiguous ranges whose lengths differ by at most one, the longer ones first.
 * Fewer rows than files make a file each; no row makes one empty file.
 */
export function cutRows(rows: number, files: number): number[] {
  const count = Math.max(1, Math.min(files, rows));
  return Array.from({ length: count }, (_, i) => Math.floor(rows / count) + (i < rows % count ? 1 : 0));
}

/**
 * The name of a part in Spark's manner, as LAION's files have them. What stands for Spark's random job id is made of
 * the inputs and the settings, so that the same subset has the same names.
 */
export function partName(index: number, identity: string, compression: SubsetOptions['compression']): string {
  const hex = createHash('sha256').update(identity).digest('hex');
  // Version 8 of RFC 9562: bits of one's own making.
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `part-${String(index).padStart(5, '0')}-${uuid.join('-')}-c000.${compression}.parquet`;
}

/** Writes the parts of one selection from the `kept` table, which is in the order of its keys. */
export async function writeParts(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  selection: number,
  rows: number,
  folder: string,
  identity: string,
): Promise<PartFile[]> {
  await mkdir(folder, { recursive: true });
  const lengths = cutRows(rows, options.outputFiles ?? defaultFiles(rows));
  const bit = 1 << selection;
  const starts = await firstKeys(database, bit, lengths);
  const columns = plan.output.map(({ name }, i) => `c${i} AS ${quoteName(name)}`).join(', ');
  const files: PartFile[] = [];
  for (const [i, length] of lengths.entries()) {
    const name = partName(i, identity, options.compression);
    const range = [
      `(mask & ${bit}) <> 0`,
      ...(rows > 0 ? [`key >= ${starts[i]}`] : ['false']),
      ...(i + 1 < starts.length ? [`key < ${starts[i + 1]}`] : []),
    ];
    await database.run(
      `writing file ${i + 1} of ${lengths.length}`,
      `COPY (SELECT ${columns} FROM kept WHERE ${range.join(' AND ')})
       TO ${quoteText(join(folder, name))}
       (FORMAT parquet, COMPRESSION ${options.compression}, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, USE_TMP_FILE false)`,
    );
    files.push({ name, rows: length });
  }
  return files;
}

/** The key with which each part begins. */
async function firstKeys(
  database: SubsetDatabase,
  bit: number,
  lengths: readonly number[],
): Promise<bigint[]> {
  const places: number[] = [];
  let place = 1;
  for (const length of lengths) {
    places.push(place);
    place += length;
  }
  const found = await database.rows<{ key: bigint }>(
    `SELECT key FROM (SELECT key, row_number() OVER () AS place FROM kept WHERE (mask & ${bit}) <> 0)
     WHERE place IN (${places.join(', ')}) ORDER BY key`,
  );
  return found.map(({ key }) => BigInt(key));
}
