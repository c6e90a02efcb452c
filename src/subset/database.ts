import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { openDuckDb, queryRows } from '../shards/duckdb.ts';
import type { SubsetOptions } from './options.ts';

/** What is going on, for a person who waits. */
export interface SubsetProgress {
  readonly phase: string;
  /** 0 to 100, as DuckDB estimates it; undefined where it does not. */
  readonly percent?: number;
  readonly spilledBytes: number;
}

/** What Node and the code around DuckDB take of the process's memory. */
const RESERVED_MB = 384;
const LOOK_EVERY_MS = 500;
const MIN_DUCKDB_MB = 64;

/** A DuckDB instance with the bounds of a subset, which tells how far a statement is and can be stopped. */
export class SubsetDatabase {
  readonly connection: DuckDBConnection;
  /** The most bytes that were seen in the spill folder. */
  peakSpillBytes = 0;
  readonly #instance: DuckDBInstance;
  readonly #spillFolder: string;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: SubsetProgress) => void) | undefined;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    spillFolder: string,
    signal: AbortSignal | undefined,
    onProgress: ((progress: SubsetProgress) => void) | undefined,
  ) {
    this.#instance = instance;
    this.connection = connection;
    this.#spillFolder = spillFolder;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  static async open(
    options: Pick<SubsetOptions, 'memoryLimitMb' | 'threads'>,
    spillFolder: string,
    signal?: AbortSignal,
    onProgress?: (progress: SubsetProgress) => void,
  ): Promise<SubsetDatabase> {
    const instance = await openDuckDb({
      memoryLimitMb: Math.max(MIN_DUCKDB_MB, options.memoryLimitMb - RESERVED_MB),
      temporaryFolder: spillFolder,
      threads: options.threads,
    });
    const connection = await instance.connect();
    const settings = [
      // Freed memory goes back to the system soon: by default half a gigabyte of it may pile up beyond the limit.
      "allocator_bulk_deallocation_flush_threshold = '128MiB'",
      'enable_progress_bar = true',
      'enable_progress_bar_print = false',
    ];
    for (const setting of settings) await connection.run(`SET ${setting}`);
    return new SubsetDatabase(instance, connection, spillFolder, signal, onProgress);
  }

  /** Runs a statement that takes its time. The signal stops it: it then fails with DuckDB's interrupt error. */
  async run(phase: string, sql: string): Promise<void> {
    const stop = (): void => this.connection.interrupt();
    const timer = setInterval(() => this.#look(phase), LOOK_EVERY_MS);
    this.#signal?.addEventListener('abort', stop);
    try {
      this.#signal?.throwIfAborted();
      await this.connection.run(sql);
      this.#look(phase);
    } finally {
      clearInterval(timer);
      this.#signal?.removeEventListener('abort', stop);
    }
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
    const spilledBytes = folderBytes(this.#spillFolder);
    this.peakSpillBytes = Math.max(this.peakSpillBytes, spilledBytes);
    const { percentage } = this.connection.progress;
    this.#onProgress?.({ phase, spilledBytes, ...(percentage >= 0 && { percent: percentage }) });
  }
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
