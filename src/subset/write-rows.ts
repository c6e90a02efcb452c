import { quoteName } from '../tables/duckdb.ts';
import type { SubsetDatabase } from './database.ts';
import type { SubsetOptions } from './options.ts';
import { firstKeys, type KeptTable, type PartFile, type PartSettings, PartWriter } from './parts.ts';
import type { SubsetPlan } from './plan.ts';
import { writtenScores } from './provenance.ts';
import { sliceTable, startOf } from './slices.ts';
import type { Slice } from './source.ts';
import { collectRows, pickTags } from './statements.ts';
import { identityOf, rowsOf } from './summary.ts';

/** Of DuckDB's memory, for the kept rows of one slice of the metadata. */
const SLICE_SHARE = 8;
const MEBIBYTE = 2 ** 20;

/** What a selection keeps, and where it goes. */
export interface WantedFiles {
  /** Rows. */
  readonly kept: number;
  readonly folder: string;
}

/**
 * Writes the files of all selections, from the table `chosen` (chosen-rows.ts). Rows that keep the order of the input are
 * collected a slice of the metadata after the other, and written as soon as a file is full, so that they are neither
 * sorted as a whole nor spilled. Shuffled rows are one slice, which DuckDB sorts.
 *
 * @param wanted of each selection
 * @returns the files of each selection
 */
export async function writeRows(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  wanted: readonly WantedFiles[],
): Promise<(readonly PartFile[])[]> {
  for (const { sql, uses } of pickTags(plan, options)) {
    await database.run('picking tags', sql);
    await database.rows(`DROP TABLE ${uses}`);
  }
  const writers: PartWriter[] = [];
  for (const [selection, { kept, folder }] of wanted.entries()) {
    const settings = { ...partSettings(plan, options, selection), rows: kept, folder };
    writers.push(await PartWriter.open(database, settings, await firstKeys(database, settings)));
  }
  const tables: KeptTable[] = [];
  for (const [i, slice] of slicesOf(plan, options, database, rowsIn(wanted)).entries()) {
    tables.push(await collectSlice(database, plan, slice, `kept${i}`));
    for (const writer of writers) await writer.write(tables);
    await dropWritten(database, tables, writers);
  }
  return writers.map((writer) => writer.files);
}

function rowsIn(wanted: readonly WantedFiles[]): number {
  return wanted.reduce((sum, { kept }) => sum + kept, 0);
}

/** The settings of a selection's parts. */
export function partSettings(
  plan: SubsetPlan,
  options: SubsetOptions,
  selection: number,
): Omit<PartSettings, 'rows' | 'folder'> {
  return {
    selection,
    identity: `${identityOf(plan, options)} ${JSON.stringify(options.selections[selection])}`,
    outputFiles: options.outputFiles,
    compression: options.compression,
    scores: writtenScores(plan, plan.provenance),
    columns: plan.output.map(({ name }, i) => `c${i} AS ${quoteName(name)}`).join(', '),
  };
}

/** A slice of the metadata, and the keys of its rows. */
interface KeyedSlice {
  readonly slice: Slice;
  readonly start: bigint | undefined;
  readonly end: bigint | undefined;
}

function slicesOf(
  { metadata }: SubsetPlan,
  { shuffleSeed }: SubsetOptions,
  { memoryLimitMb }: SubsetDatabase,
  taken: number,
): KeyedSlice[] {
  const whole = { firstFile: 0, fileCount: metadata.files.length };
  if (shuffleSeed !== undefined) return [{ slice: whole, start: undefined, end: undefined }];
  const share = Math.min(1, taken / Math.max(1, rowsOf(metadata.files)));
  const slices = sliceTable(metadata, share, { bytes: (memoryLimitMb * MEBIBYTE) / SLICE_SHARE });
  return slices.map((slice, i) => {
    const next = slices[i + 1];
    return { slice, start: startOf(slice), end: next && startOf(next) };
  });
}

async function collectSlice(
  database: SubsetDatabase,
  plan: SubsetPlan,
  { slice, start, end }: KeyedSlice,
  name: string,
): Promise<KeptTable> {
  const keys = [
    ...(start === undefined ? ['true'] : [`key >= ${start}`]),
    ...(end === undefined ? [] : [`key < ${end}`]),
  ];
  const sql = collectRows(plan, slice, keys.join(' AND '), name);
  // A slice is small, or the rows are shuffled: then it is all of them.
  if (start === undefined) await database.runSort('collecting rows', sql);
  else await database.run('collecting rows', sql);
  return { name, start, end };
}

/** Drops the tables of which no writer needs a row any more. */
export async function dropWritten(
  database: SubsetDatabase,
  tables: KeptTable[],
  writers: readonly PartWriter[],
): Promise<void> {
  const isWritten = ({ end }: KeptTable): boolean =>
    end !== undefined && writers.every(({ nextKey }) => nextKey === undefined || nextKey >= end);
  while (tables[0] && isWritten(tables[0])) {
    await database.rows(`DROP TABLE ${tables.shift()!.name}`);
  }
}
