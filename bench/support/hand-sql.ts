import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';

/** What bounds SQL that a person types into DuckDB. */
export interface HandLimits {
  readonly threads: number;
  readonly memoryMb: number;
  /** Folder of what does not fit into memory. */
  readonly spill: string;
}

/** Runs statements in a DuckDB of their own; gives the rows of the last one. */
export async function runHandSql(
  { threads, memoryMb, spill }: HandLimits,
  statements: readonly string[],
): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMb}MiB`,
    temp_directory: spill,
  });
  const connection = await instance.connect();
  let last: unknown[][] = [];
  for (const statement of statements)
    last = (await connection.runAndReadAll(statement)).getRowsJS() as unknown[][];
  connection.closeSync();
  instance.closeSync();
  return last;
}

/** Arguments for Node that do the same in a process of its own. */
export function handSqlArguments(limits: HandLimits, statements: readonly string[]): string[] {
  const script = fileURLToPath(new URL('../hand-sql-process.js', import.meta.url));
  return [script, JSON.stringify({ limits, statements })];
}

/** The version of DuckDB that Node's package brings. */
export async function duckdbVersion(): Promise<string> {
  const rows = await runHandSql({ threads: 1, memoryMb: 64, spill: tmpdir() }, ['SELECT version()']);
  return String(rows[0]![0]);
}
