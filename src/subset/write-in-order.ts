import { quoteName } from '../tables/duckdb.ts';
import { PulledColumns } from '../tables/pulled-table.ts';
import type { SubsetDatabase } from './database.ts';
import type { KeptRows, RowRange } from './kept-rows.ts';
import type { SubsetOptions } from './options.ts';
import { cutRows, type KeptTable, type PartFile, PartWriter, partCount } from './parts.ts';
import type { SubsetPlan } from './plan.ts';
import { cutAtStretches, placeOf, rangeOf, sliceTable, startOf } from './slices.ts';
import { ORD, type Slice, stretchStarts, tableSql } from './source.ts';
import { rowsOf } from './summary.ts';
import { dropWritten, partSettings, type WantedFiles } from './write-rows.ts';

/** Of DuckDB's memory, for the kept rows of the slices that are worked on at a time. */
const MEMORY_SHARE = 8;
const MEBIBYTE = 2 ** 20;
/** Rows of the slices that are worked on at a time: what is kept of each is in memory, in Node's, and in DuckDB's. */
const MAX_ROWS = 2 ** 21;
/** A slice has no less rows only to give another thread something to do. */
const MIN_ROWS = 2 ** 17;

/** Stands beside the columns of the metadata, one of which may be called `mask`. */
const MASK = '__bowerbird_mask';

/** What is written. */
export interface KeptFiles {
  /** Of each selection. */
  readonly wanted: readonly WantedFiles[];
  /** All rows that a selection keeps. */
  readonly kept: KeptRows;
}

/**
 * Writes the files of all selections in the order of the input, as `writeRows` would. Slices of the metadata are collected side by side,
 * each by one thread that reads its rows once, in their order; then the files that are whole are written side by side.
 *
 * @returns the files of each selection
 */
export async function writeInOrder(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  { wanted, kept }: KeptFiles,
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
  const laneCount = Math.min(options.threads, slices.length);
  const lanes = new Lanes(database, kept, laneCount);
  for (let i = 0; i < slices.length; i += laneCount) {
    const next = slices.slice(i, i + laneCount);
    database.showStep('collecting rows', i / slices.length);
    await lanes.collect(plan, next, onKept);
    tables.push(...next);
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

/** A slice, the numbers of its rows, and the table of those that are kept. */
interface NumberedSlice extends KeptTable {
  readonly slice: Slice;
  readonly rows: RowRange;
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
    const keys = { start: startOf(slice), end: next && startOf(next) };
    return { slice, rows: rangeOf(metadata, slice), name: `kept${i}`, ...keys };
  });
}

function metadataNames(output: SubsetPlan['output']): string[] {
  return output.flatMap(({ from }) => ('metadata' in from ? [from.metadata] : []));
}

/** Slices that are collected side by side: each lane gives DuckDB what is kept of the rows of one. */
class Lanes {
  readonly #database: SubsetDatabase;
  readonly #kept: KeptRows;
  readonly #lanes: readonly Lane[];

  constructor(database: SubsetDatabase, kept: KeptRows, count: number) {
    this.#database = database;
    this.#kept = kept;
    this.#lanes = Array.from({ length: count }, (_, lane) => ({
      masks: new PulledColumns(database.connection, `kept_masks_${lane}`, [
        { name: 'mask', type: 'UTINYINT' },
      ]),
      values: new PulledColumns(database.connection, `kept_values_${lane}`, kept.columns),
    }));
  }

  /**
   * Collects the kept rows of slices, as many as there are lanes at most, in a table each.
   *
   * @param onKept told of each kept row, in their order: its number, and its selections
   */
  async collect(
    plan: SubsetPlan,
    slices: readonly NumberedSlice[],
    onKept: (row: number, selections: number) => void,
  ): Promise<void> {
    const counts = slices.map(({ rows }, i) => {
      const { masks, values } = this.#kept.read(rows);
      const lane = this.#lanes[i]!;
      lane.masks.give([masks]);
      lane.values.give(values);
      return tellKept(masks, rows.from, onKept);
    });
    await this.#database.runSideBySide(
      slices.map(({ slice, name }, i) => ({
        phase: 'collecting rows',
        sql: collectInOrder(plan, this.#kept, slice, { lane: this.#lanes[i]!, name }),
      })),
    );
    for (const [i, { name }] of slices.entries()) await refuseLost(this.#database, name, counts[i]!);
  }
}

/** What is kept of the rows of a slice: the selections of each row, and the values of those that are kept. */
interface Lane {
  readonly masks: PulledColumns;
  readonly values: PulledColumns;
}

function tellKept(
  masks: Uint8Array,
  first: number,
  onKept: (row: number, selections: number) => void,
): number {
  let count = 0;
  for (let i = 0; i < masks.length; i++) {
    const selections = masks[i]!;
    if (selections === 0) continue;
    count++;
    onKept(first + i, selections);
  }
  return count;
}

/** Rows of a file that has changed meanwhile may be elsewhere, or gone: then what is kept has none beside it, and no key. */
async function refuseLost(database: SubsetDatabase, name: string, kept: number): Promise<void> {
  const [found] = await database.rows<{ n: number }>(`SELECT count(key)::DOUBLE AS n FROM ${name}`);
  if (found!.n !== kept) throw new Error(`${found!.n} rows were found again instead of ${kept}.`);
}

/**
 * Makes a table of the kept rows of a slice, in the order of the input: key, mask, and all output columns. The lane says of
 * each row of the slice, by its place alone, which selections keep it, and then of those that are kept what their scores are
 * (kept-rows.ts): the rows are neither looked up nor sorted. For one thread: several would not keep the order.
 */
function collectInOrder(plan: SubsetPlan, kept: KeptRows, slice: Slice, { lane, name }: Collected): string {
  const names = metadataNames(plan.output);
  const rows = `SELECT m.*, d.mask AS ${MASK}
    FROM (${tableSql(plan.metadata, names, plan.renamed, slice)}) AS m POSITIONAL JOIN ${lane.masks.name}() AS d
    WHERE d.mask <> 0`;
  const scores = new Map(kept.scores.map((score, i) => [score.name, i]));
  const columns = plan.output.map(({ from }, i) => {
    if ('metadata' in from) return `k.${quoteName(from.metadata)} AS c${i}`;
    if (!kept.hasNulls) return `v.c${i}`;
    return `CASE WHEN (v.nulls & ${kept.nullBit(scores.get(`c${i}`)!)}) = 0 THEN v.c${i} END AS c${i}`;
  });
  const values = kept.columns.length === 0 ? '' : ` POSITIONAL JOIN ${lane.values.name}() AS v`;
  return `CREATE TABLE ${name} AS
    SELECT k.${ORD} AS key, k.${MASK} AS mask, ${columns.join(', ')} FROM (${rows}) AS k${values}`;
}

/** Where what is kept comes from, and the name of the table. */
interface Collected {
  readonly lane: Lane;
  readonly name: string;
}
