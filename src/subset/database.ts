import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { streamChunks } from '../tables/chunk.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  type DuckDbOptions,
  openDuckDb,
  queryRows,
} from '../tables/duckdb.ts';
import type { FoundInputs } from './inputs.ts';
import type { SubsetOptions } from './options.ts';

/** What is going on, for a person who waits. */
export interface SubsetProgress {
  readonly phase: string;
  /** 0 to 100, as DuckDB estimates it; undefined where it does not. */
  readonly percent?: number;
  readonly spilledBytes: number;
}

/** Who wants to know of a database's work, and who may stop it. */
export interface SubsetWatcher {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SubsetProgress) => void) | undefined;
}

/** What Node takes, and DuckDB beyond its own limit when it sorts; of a small limit at most so much. */
const RESERVED_MB = 512;
const MAX_RESERVED_SHARE = 0.66;
/** With less for each of its threads, a sort of LAION's metadata ran out of memory. */
const SORT_THREAD_MB = 256;
const LOOK_EVERY_MS = 500;
const MIN_DUCKDB_MB = 64;

/** A statement that takes milliseconds, and what it is for a person who waits. */
export interface SmallStatement {
  readonly phase: string;
  readonly sql: string;
}

/** A query whose rows are taken as they come. */
export interface Streamed {
  readonly phase: string;
  readonly sql: string;
  readonly rowCount: number;
  /**
   * Whether one thread reads the rows sooner than they are taken here, as it does numbers: others would only cost their start, their
   * memory and their end.
   */
  readonly isLight?: boolean;
}

/** A DuckDB instance with the bounds of a subset, which tells how far a statement is and can be stopped. */
export class SubsetDatabase {
  readonly connection: DuckDBConnection;
  /** The most bytes that were seen in the spill folder. */
  peakSpillBytes = 0;
  /** Where what does not fit into memory goes. */
  readonly spillFolder: string;
  /** What DuckDB may use. */
  readonly memoryLimitMb: number;
  readonly #instance: DuckDBInstance;
  readonly #threads: number;
  /** Threads that DuckDB works on now: to end one and to start it costs milliseconds. */
  #threadsNow = 1;
  #shownAtMs = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: SubsetProgress) => void) | undefined;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    { memoryLimitMb, temporaryFolder, threads }: Required<DuckDbOptions>,
    { signal, onProgress }: SubsetWatcher,
  ) {
    this.memoryLimitMb = memoryLimitMb;
    this.#threads = threads;
    this.#instance = instance;
    this.connection = connection;
    this.spillFolder = temporaryFolder;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  static async open(
    options: Pick<SubsetOptions, 'memoryLimitMb' | 'threads'>,
    spillFolder: string,
    watcher: SubsetWatcher = {},
  ): Promise<SubsetDatabase> {
    const bounds = {
      memoryLimitMb: duckDbMemoryMb(options.memoryLimitMb),
      temporaryFolder: spillFolder,
      threads: options.threads,
    };
    // Planning asks for little at a time, which one thread does sooner than several share it out.
    const instance = await openDuckDb({ ...bounds, threads: 1 });
    const connection = await instance.connect();
    const settings = [
      // Freed memory goes back to the system soon: by default half a gigabyte of it may pile up beyond the limit.
      "allocator_bulk_deallocation_flush_threshold = '16MiB'",
      "allocator_flush_threshold = '8MiB'",
      // Rows that stay in a processor's cache until they are taken.
      "streaming_buffer_size = '1MiB'",
      // What is divided by zero is null, not NaN.
      'ieee_floating_point_ops = false',
      'enable_progress_bar = true',
      'enable_progress_bar_print = false',
    ];
    // In one go: each statement by itself costs a millisecond, whatever it says.
    await connection.run(settings.map((setting) => `SET ${setting}`).join('; '));
    return new SubsetDatabase(instance, connection, bounds, watcher);
  }

  /** Runs a statement that takes its time. The signal stops it: it then fails with DuckDB's interrupt error. */
  run(phase: string, sql: string): Promise<void> {
    return this.#runOn(this.#threads, phase, sql);
  }

  async #runOn(threads: number, phase: string, sql: string): Promise<void> {
    const stop = (): void => this.connection.interrupt();
    const timer = setInterval(() => this.#look(phase), LOOK_EVERY_MS);
    this.#signal?.addEventListener('abort', stop);
    try {
      this.#signal?.throwIfAborted();
      await this.#setThreads(threads);
      await this.connection.run(sql);
      this.#look(phase);
    } finally {
      clearInterval(timer);
      this.#signal?.removeEventListener('abort', stop);
    }
  }

  /**
   * Like `run`, for a statement that sorts wide rows. Each thread holds some of them in memory, whatever the limit, so only
   * as many work on it as there is memory for.
   */
  async runSort(phase: string, sql: string): Promise<void> {
    const threads = Math.max(1, Math.min(this.#threads, Math.floor(this.memoryLimitMb / SORT_THREAD_MB)));
    await this.#runOn(threads, phase, sql);
  }

  /**
   * Runs small statements side by side, each on a thread of its own: several threads take longer to share out one that takes
   * milliseconds than it takes. They see no table that is temporary.
   *
   * @throws the first error, once no statement runs any more
   */
  async runSideBySide(statements: readonly SmallStatement[]): Promise<void> {
    const next = statements.values();
    const failures: unknown[] = [];
    await this.#setThreads(1);
    await Promise.all(
      Array.from({ length: Math.min(this.#threads, statements.length) }, async () => {
        try {
          await this.#runInTurn(next, failures);
        } catch (thrown) {
          failures.push(thrown);
        }
      }),
    );
    if (failures.length > 0) throw failures[0];
  }

  /** Has DuckDB work on all threads at once where texts have to be converted: of Parquet files it only looks at footers at first. */
  async prepareFor({ metadata, tags }: Pick<FoundInputs, 'metadata' | 'tags'>): Promise<void> {
    if ([...metadata, ...tags].some(({ format }) => format !== 'parquet'))
      await this.#setThreads(this.#threads);
  }

  async #setThreads(threads: number): Promise<void> {
    if (threads === this.#threadsNow) return;
    await this.rows(`SET threads = ${threads}`);
    this.#threadsNow = threads;
  }

  async #runInTurn(statements: Iterator<SmallStatement>, failures: readonly unknown[]): Promise<void> {
    const connection = await this.#instance.connect();
    const stop = (): void => connection.interrupt();
    this.#signal?.addEventListener('abort', stop);
    try {
      for (let turn = statements.next(); !turn.done; turn = statements.next()) {
        this.#signal?.throwIfAborted();
        if (failures.length > 0) return;
        const { phase, sql } = turn.value;
        await connection.run(sql);
        this.#tellNowAndThen(phase, undefined);
      }
    } finally {
      this.#signal?.removeEventListener('abort', stop);
      connection.closeSync();
    }
  }

  /** Like `streamChunks`, with the progress of `phase`. */
  async *stream({ phase, sql, rowCount, isLight }: Streamed): AsyncGenerator<DuckDBDataChunk> {
    this.#signal?.throwIfAborted();
    await this.#setThreads(isLight ? 1 : this.#threads);
    let rows = 0;
    for await (const chunk of streamChunks(this.connection, sql, rowCount)) {
      rows += chunk.rowCount;
      yield chunk;
      this.show(phase, rows / rowCount);
    }
  }

  /**
   * Says now and then how far work outside DuckDB is.
   *
   * @param share 0 to 1
   * @throws the signal's reason once aborted
   */
  show(phase: string, share: number): void {
    this.#signal?.throwIfAborted();
    this.#tellNowAndThen(phase, 100 * share);
  }

  /** Like `show`, of work in few large steps: each is told when it begins. */
  showStep(phase: string, share: number): void {
    this.#signal?.throwIfAborted();
    this.#tell(phase, 100 * share);
  }

  /** Rows of a small result; counts come as numbers. */
  async rows<Row>(sql: string): Promise<Row[]> {
    this.#signal?.throwIfAborted();
    return queryRows<Row>(this.connection, sql);
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }

  #look(phase: string): void {
    const { percentage } = this.connection.progress;
    this.#tell(phase, percentage >= 0 ? percentage : undefined);
  }

  #tellNowAndThen(phase: string, percent: number | undefined): void {
    const nowMs = Date.now();
    if (nowMs - this.#shownAtMs < LOOK_EVERY_MS) return;
    this.#shownAtMs = nowMs;
    this.#tell(phase, percent);
  }

  #tell(phase: string, percent: number | undefined): void {
    const spilledBytes = folderBytes(this.spillFolder);
    this.peakSpillBytes = Math.max(this.peakSpillBytes, spilledBytes);
    this.#onProgress?.({ phase, spilledBytes, ...(percent !== undefined && { percent }) });
  }
}

function duckDbMemoryMb(limitMb: number): number {
  const reservedMb = Math.min(RESERVED_MB, MAX_RESERVED_SHARE * limitMb);
  return Math.max(MIN_DUCKDB_MB, Math.floor(limitMb - reservedMb));
}

function folderBytes(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
  } catch {
    return 0;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    // DuckDB removes its files while they are listed.
    return 0;
  }
}
