import { quoteName } from '../tables/duckdb.ts';
import type { SubsetDatabase } from './database.ts';
import { type KeptRows, type RowRange, SELECTIONS } from './kept-rows.ts';
import type { SubsetOptions } from './options.ts';
import { cutRows, type KeptTable, type PartFile, PartWriter, partCount } from './parts.ts';
import type { SubsetPlan } from './plan.ts';
import { cutAtStretches, placeOf, rangeOf, sliceTable, startOf } from './slices.ts';
import { ORD, type Slice, stretchStarts, tableSql } from './source.ts';
import { rowsOf } from './summary.ts';
import { dropWritten, partSettings, type WantedFiles } from './write-rows.ts';

/** Of DuckDB's memory, for the rows of the slices that are worked on at a time: those that are kept, and what is kept of each. */
const MEMORY_SHARE = 8;
const MEBIBYTE = 2 ** 20;
/** Rows of the slices that are worked on at a time: for each there is a row of what is kept of it. */
const MAX_ROWS = 2 ** 22;
/** A slice has no less rows only to give another thread something to do. */
const MIN_ROWS = 2 ** 17;

/**
 * Writes the files of all selections in the order of the input, as `writeRows` would. Slices of the metadata are collected side by side,
 * each by one thread that reads its rows once, in their order; then the files that are whole are written side by side.
 *
 * @param wanted of each selection
 * @param kept all rows that a selection keeps
 * @returns the files of each selection
 */
export async function writeInOrder(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  wanted: readonly WantedFiles[],
  kept: KeptRows,
): Promise<(readonly PartFile[])[]> {
  const starts = wanted.map(({ kept: rows }) => new PartStarts(cutRows(rows, partCount(rows, options))));
  const writers: PartWriter[] = [];
  for (const [selection, { kept: rows, folder }] of wanted.entries()) {
    const settings = { ...partSettings(plan, options, selection), rows, folder };
    writers.push(await PartWriter.open(database, settings, starts[selection]!.keys));
  }
  const onKept = (row: number, selections: number): void => {
    for (let selection = 0; selection < starts.length; selection++)
      if ((selections & (1 << selection)) !== 0) starts[selection]!.note(row, plan);
  };
  const rows = wanted.reduce((sum, { kept: count }) => sum + count, 0);
  const slices = slicesOf(plan, options, database, rows);
  const tables: KeptTable[] = [];
  for (let i = 0; i < slices.length; i += options.threads) {
    const next = slices.slice(i, i + options.threads);
    tables.push(...(await collect(database, plan, next, { kept, onKept, first: i, of: slices.length })));
    for (const writer of writers) await writer.write(tables);
    await dropWritten(database, tables, writers);
  }
  return writers.map((writer) => writer.files);
}

/** Notes the places of the rows that the parts of a selection begin with, while its rows pass in their order. */
class PartStarts {
  /** Of the parts whose first row has passed. */
  readonly keys: bigint[] = [];
  readonly #lengths: readonly number[];
  /** Rows until the next part begins. */
  #left = 0;

  constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
  }

  note(row: number, { metadata }: SubsetPlan): void {
    if (this.#left === 0) {
      this.#left = this.#lengths[this.keys.length]!;
      this.keys.push(placeOf(metadata, row));
    }
    this.#left--;
  }
}

interface NumberedSlice {
  readonly slice: Slice;
  readonly rows: RowRange;
  readonly start: bigint;
  readonly end: bigint | undefined;
}

/** Slices each of which one call of `read_parquet` reads, so that its rows come in their order. */
function slicesOf(
  { metadata, output }: SubsetPlan,
  { threads }: SubsetOptions,
  { memoryLimitMb }: SubsetDatabase,
  taken: number,
): NumberedSlice[] {
  const all = rowsOf(metadata.files);
  const bytes = (memoryLimitMb * MEBIBYTE) / MEMORY_SHARE / threads;
  const rows = Math.min(MAX_ROWS / threads, Math.max(MIN_ROWS, Math.ceil(all / threads)));
  const share = Math.min(1, taken / Math.max(1, all));
  const slices = cutAtStretches(
    sliceTable(metadata, share, { bytes, rows }),
    stretchStarts(metadata, metadataNames(output)),
  );
  return slices.map((slice, i) => {
    const next = slices[i + 1];
    return { slice, rows: rangeOf(metadata, slice), start: startOf(slice), end: next && startOf(next) };
  });
}

function metadataNames(output: SubsetPlan['output']): string[] {
  return output.flatMap(({ from }) => ('metadata' in from ? [from.metadata] : []));
}

/** What slices are collected with. */
interface Collecting {
  readonly kept: KeptRows;
  readonly onKept: (row: number, selections: number) => void;
  /** The number of the first of them, and how many there are of all. */
  readonly first: number;
  readonly of: number;
}

async function collect(
  database: SubsetDatabase,
  plan: SubsetPlan,
  slices: readonly NumberedSlice[],
  { kept, onKept, first, of }: Collecting,
): Promise<KeptTable[]> {
  const counts: number[] = [];
  for (const [i, { rows }] of slices.entries()) {
    database.show('collecting rows', (first + i) / of);
    let count = 0;
    await kept.fillTable(database.connection, `dense${i}`, rows, (row, selections) => {
      count++;
      onKept(row, selections);
    });
    counts.push(count);
  }
  const tables = slices.map(({ start, end }, i) => ({ name: `kept${first + i}`, start, end }));
  await database.runSideBySide(
    slices.map(({ slice }, i) => ({
      phase: 'collecting rows',
      sql: collectInOrder(plan, kept, slice, { dense: `dense${i}`, name: tables[i]!.name }),
    })),
  );
  for (const [i, { name }] of tables.entries()) await refuseLost(database, name, counts[i]!);
  return tables;
}

/** Rows of a file that has changed meanwhile may be elsewhere, or gone. */
async function refuseLost(database: SubsetDatabase, name: string, kept: number): Promise<void> {
  const [found] = await database.rows<{ n: number }>(`SELECT count(*)::DOUBLE AS n FROM ${name}`);
  if (found!.n !== kept) throw new Error(`${found!.n} rows were found again instead of ${kept}.`);
}

/**
 * Makes a table of the kept rows of a slice, in the order of the input: key, mask, and all output columns. The table `dense` says of
 * each row of the slice, by its place alone, what is kept of it (kept-rows.ts): the rows are neither looked up nor sorted. For one
 * thread: several would not keep the order.
 */
function collectInOrder(plan: SubsetPlan, kept: KeptRows, slice: Slice, { dense, name }: InOrder): string {
  const names = metadataNames(plan.output);
  const scores = new Map(kept.scores.map((score, i) => [score.name, i]));
  const columns = plan.output.map(({ from }, i) => {
    if ('metadata' in from) return `m.${quoteName(from.metadata)} AS c${i}`;
    if (!kept.hasNulls) return `d.c${i}`;
    return `CASE WHEN (d.mask & ${kept.nullBit(scores.get(`c${i}`)!)}) = 0 THEN d.c${i} END AS c${i}`;
  });
  return `CREATE TABLE ${name} AS
    SELECT m.${ORD} AS key, (d.mask & ${SELECTIONS})::UTINYINT AS mask, ${columns.join(', ')}
    FROM (${tableSql(plan.metadata, names, plan.renamed, slice)}) AS m POSITIONAL JOIN ${dense} AS d
    WHERE (d.mask & ${SELECTIONS}) <> 0`;
}

/** Names of tables. */
interface InOrder {
  readonly dense: string;
  readonly name: string;
}
