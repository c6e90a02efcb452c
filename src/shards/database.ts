import { mkdir } from 'node:fs/promises';
import { type DuckDBInstance, type DuckDbOptions, openDuckDb, ScanInstance } from '../tables/duckdb.ts';
import { type ScanOptions, scanFile } from './file-scan.ts';
import type { RunPlan, ShardSpec } from './plan.ts';
import { ShardTable } from './shard-table.ts';
import { type StagedShard, stageShard } from './staged-shard.ts';

/** What bounds the reading of shards, and what to do with what cannot be read. */
export type ShardDatabaseOptions = DuckDbOptions & Partial<Omit<ScanOptions, 'stagingFolder'>>;

/**
 * Reads the shards of a plan and writes their tags: one DuckDB instance for the files that are read, one for the shards, with
 * one in-memory database per open shard.
 */
export class ShardDatabase {
  readonly #instance: DuckDBInstance;
  readonly #scans: ScanInstance;
  readonly #scanOptions: ScanOptions;
  readonly #tables = new Set<ShardTable>();
  #tableCount = 0;

  private constructor(instance: DuckDBInstance, scans: ScanInstance, scanOptions: ScanOptions) {
    this.#instance = instance;
    this.#scans = scans;
    this.#scanOptions = scanOptions;
  }

  /** Opens the database. `memoryLimitMb` bounds all open shards and the pages being read, together. */
  static async open(options: ShardDatabaseOptions): Promise<ShardDatabase> {
    const { temporaryFolder, skipBadRows = false, onNote } = options;
    await mkdir(temporaryFolder, { recursive: true });
    // Pages and shards each get half.
    const half = { ...options, memoryLimitMb: Math.ceil(options.memoryLimitMb / 2) };
    const scanOptions = { stagingFolder: temporaryFolder, skipBadRows, onNote };
    return new ShardDatabase(await openDuckDb(half), new ScanInstance(half), scanOptions);
  }

  /**
   * The wanted shards, in the order in which they are named. Shards of a file that follow each other are read in one pass, from the first row of the first to the last of the
   * last, unless many rows lie between; the next rows are read only when the next shard is asked for. Release each shard when it is done with.
   *
   * @throws TableError BB_SHARD_READ
   */
  async *readShards(plan: RunPlan, wanted: ReadonlySet<number>): AsyncGenerator<StagedShard> {
    for (const specs of passesOf(plan, wanted)) yield* this.#readFile(plan, specs[0]!.inputIndex, specs);
  }

  /** Gives everything back, open shards included. */
  async close(): Promise<void> {
    for (const table of this.#tables) await table.drop();
    this.#scans.close();
    this.#instance.closeSync();
  }

  async *#readFile(
    plan: RunPlan,
    inputIndex: number,
    specs: readonly ShardSpec[],
  ): AsyncGenerator<StagedShard> {
    const file = plan.inputs[inputIndex]!;
    const wanted = specs.map(({ firstRow, rowCount }) => ({ from: firstRow, to: firstRow + rowCount }));
    const scan = { ...this.#scanOptions, firstRow: specs[0]!.firstRow, wanted };
    let next = 0;
    let table: ShardTable | undefined;
    try {
      for await (const rows of scanFile(this.#scans, file, plan, scan)) {
        const endRow = rows.firstRow + rows.rowCount;
        while (next < specs.length && specs[next]!.firstRow < endRow) {
          const spec = specs[next]!;
          table ??= await this.#openTable(plan);
          // A chunk that lies across the border of two shards goes to both; each looks only at its own rows.
          table.append(rows.chunk);
          if (spec.firstRow + spec.rowCount > endRow) break;
          table.finish();
          const full = table;
          table = undefined;
          next++;
          yield await stageShard(full, plan, spec);
        }
        if (next === specs.length) return;
      }
    } finally {
      await table?.drop();
    }
  }

  async #openTable(plan: RunPlan): Promise<ShardTable> {
    const table = await ShardTable.open(
      this.#instance,
      `shard_${this.#tableCount++}`,
      plan.schema,
      (dropped) => this.#tables.delete(dropped),
    );
    this.#tables.add(table);
    return table;
  }
}

/** Passing over so many rows costs more than to begin anew behind them, which takes some 20 ms wherever that is: row groups before are not read. */
const MOST_ROWS_BETWEEN = 100_000;

/** The wanted shards in groups, each to be read in one pass. */
function passesOf({ shards }: RunPlan, wanted: ReadonlySet<number>): ShardSpec[][] {
  const specs = new Map<number, ShardSpec>();
  for (const spec of shards) if (wanted.has(spec.id)) specs.set(spec.id, spec);
  const passes: ShardSpec[][] = [];
  for (const id of wanted) {
    const spec = specs.get(id);
    if (!spec) continue;
    const pass = passes.at(-1);
    const last = pass?.at(-1);
    const between = last?.inputIndex === spec.inputIndex ? spec.firstRow - last.firstRow - last.rowCount : -1;
    if (pass && between >= 0 && between <= MOST_ROWS_BETWEEN) pass.push(spec);
    else passes.push([spec]);
  }
  return passes;
}
