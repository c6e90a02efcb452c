import { sampleKey } from '../samples/key.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { bytesIn, hashTextColumn } from '../tables/chunk.ts';
import { hashedTextSql, hashSql, scoreSql, textBytesSql } from '../tables/column-sql.ts';
import { type DuckDBDataChunk, quoteName, quoteText } from '../tables/duckdb.ts';
import { readFailure, writeFailure } from '../tables/errors.ts';
import { type ShardConsent, writeConsentFile } from './consent.ts';
import { passedColumns } from './output-columns.ts';
import type { RunPlan, ShardSpec } from './plan.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './result-columns.ts';
import { furtherColumn, loadResults, type ShardResults } from './results.ts';
import { failureOf, type RowProblem } from './row-problems.ts';
import type { ShardTable } from './shard-table.ts';

/** One shard in memory: what the stages need of its rows in JavaScript, everything else in DuckDB. */
export interface StagedShard {
  readonly spec: ShardSpec;
  readonly keys: readonly string[];
  /** As in the input, a leading U+FEFF included. */
  readonly urls: readonly (string | null)[];
  /** The input's own where it has them, else computed. */
  readonly hashes: BigInt64Array;
  /** The input's tag columns, as the float32 that is judged and written; NaN = null. */
  readonly tags: Readonly<Partial<Record<Tag, Float32Array>>>;
  /** Rows that could not be read, by index; they have failed before any work. */
  readonly unread: ReadonlyMap<number, SampleFailure<RowProblem>>;
  /**
   * Writes every row, in input order, as zstd Parquet: key, hash, the input's columns (see `passedColumns`), results.
   * The same rows and results give the same bytes.
   *
   * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
   */
  writeTags(path: string, results: ShardResults): Promise<void>;
  /** Writes the rows with status success, otherwise as `writeTags`. */
  writeMetadata(path: string, results: ShardResults): Promise<void>;
  /** Writes what was seen of every row's consent, in input order, otherwise as `writeTags`. */
  writeConsent(path: string, consent: ShardConsent): Promise<void>;
  /** The captions of some rows, in the order asked for; null where there is none. */
  readCaptions(indexes: readonly number[]): Promise<(string | null)[]>;
  /** Frees the shard's memory; nothing can be written after that. */
  release(): Promise<void>;
}

/** Takes what the stages need out of a full table. @throws TableError BB_SHARD_READ */
export async function stageShard(table: ShardTable, plan: RunPlan, spec: ShardSpec): Promise<StagedShard> {
  const reader = new ShardReader(table, plan, spec);
  try {
    const urls = await reader.readUrls();
    const hashes = await reader.readHashes();
    const tags = await reader.readTags();
    const keys = urls.map((_, index) => sampleKey(spec.id, index, plan.samplesPerShard));
    const unread = await reader.readProblems();
    return new TableShard(table, plan, reader, { spec, keys, urls, hashes, tags, unread });
  } catch (thrown) {
    await table.drop();
    throw readFailure(plan.inputs[spec.inputIndex]!.path, thrown);
  }
}

/** Reads columns of a shard's own rows; a row's index is counted from 0 within the shard. */
class ShardReader {
  readonly #table: ShardTable;
  readonly #plan: RunPlan;
  readonly #spec: ShardSpec;

  constructor(table: ShardTable, plan: RunPlan, spec: ShardSpec) {
    this.#table = table;
    this.#plan = plan;
    this.#spec = spec;
  }

  async readUrls(): Promise<(string | null)[]> {
    const urls = new Array<string | null>(this.#spec.rowCount).fill(null);
    const url = this.#bytesOf(this.#plan.columns.url);
    for (const chunk of await this.#select(`${url} AS url`, `${url} IS NOT NULL`)) {
      const bytesOf = bytesIn(chunk, 1);
      eachRow(chunk, (index, row) => {
        urls[index] = decodeUtf8(bytesOf(row)!);
      });
    }
    return urls;
  }

  /** The hash column; murmur3 of url and caption where there is none, or null in a row. */
  async readHashes(): Promise<BigInt64Array> {
    const hashes = new BigInt64Array(this.#spec.rowCount);
    const { url, caption, hash } = this.#plan.columns;
    const column = hash && hashSql(this.#columnOf(hash), this.#typeOf(hash));
    if (column) {
      for (const chunk of await this.#select(`${column} AS hash`, `${column} IS NOT NULL`)) {
        const values = chunk.getColumnVector(1);
        eachRow(chunk, (index, row) => {
          hashes[index] = values.getItem(row) as bigint;
        });
      }
    }
    const texts = hashedTextSql([url, caption], (name) => this.#bytesOf(name));
    const unhashed = await this.#select(`${texts} AS text`, column ? `${column} IS NULL` : 'true');
    for (const chunk of unhashed) {
      const computed = hashTextColumn(chunk, 1);
      eachRow(chunk, (index, row) => {
        hashes[index] = computed[row]!;
      });
    }
    return hashes;
  }

  async readTags(): Promise<Partial<Record<Tag, Float32Array>>> {
    const tags: Partial<Record<Tag, Float32Array>> = {};
    for (const tag of TAGS) {
      const name = this.#plan.columns[tag];
      if (!name) continue;
      const values = new Float32Array(this.#spec.rowCount).fill(Number.NaN);
      const column = scoreSql(this.#columnOf(name), this.#typeOf(name));
      for (const chunk of await this.#select(`${column} AS tag`, `${column} IS NOT NULL`)) {
        const vector = chunk.getColumnVector(1);
        eachRow(chunk, (index, row) => {
          values[index] = vector.getItem(row) as number;
        });
      }
      tags[tag] = values;
    }
    return tags;
  }

  async readProblems(): Promise<Map<number, SampleFailure<RowProblem>>> {
    const unread = new Map<number, SampleFailure<RowProblem>>();
    for (const chunk of await this.#select('problem', 'problem <> 0')) {
      const problems = chunk.getColumnVector(1);
      eachRow(chunk, (index, row) => {
        const failure = failureOf(problems.getItem(row) as number);
        if (failure) unread.set(index, failure);
      });
    }
    return unread;
  }

  async readCaptions(indexes: readonly number[]): Promise<(string | null)[]> {
    const { caption } = this.#plan.columns;
    if (!caption || indexes.length === 0) return indexes.map(() => null);
    const positions = indexes.map((index) => index + this.#spec.firstRow);
    const column = this.#bytesOf(caption);
    const chosen = `${column} IS NOT NULL AND position IN (${positions.join(', ')})`;
    const captions = new Map<number, string>();
    for (const chunk of await this.#select(`${column} AS caption`, chosen)) {
      const bytesOf = bytesIn(chunk, 1);
      eachRow(chunk, (index, row) => {
        captions.set(index, decodeUtf8(bytesOf(row)!));
      });
    }
    return indexes.map((index) => captions.get(index) ?? null);
  }

  async #select(expression: string, condition: string): Promise<DuckDBDataChunk[]> {
    const { firstRow, rowCount } = this.#spec;
    const result = await this.#table.connection.run(
      `SELECT (position - ${firstRow})::INTEGER AS index, ${expression} FROM ${this.#table.rows}
       WHERE position >= ${firstRow} AND position < ${firstRow + rowCount} AND ${condition}`,
    );
    return result.fetchAllChunks();
  }

  #columnOf(name: string): string {
    return `c${this.#plan.schema.findIndex((column) => column.name === name)}`;
  }

  #typeOf(name: string): string {
    return this.#plan.schema.find((column) => column.name === name)!.type;
  }

  #bytesOf(name: string): string {
    return textBytesSql(this.#columnOf(name), this.#typeOf(name));
  }
}

function eachRow(chunk: DuckDBDataChunk, visit: (index: number, row: number) => void): void {
  const indexes = chunk.getColumnVector(0);
  for (let row = 0; row < chunk.rowCount; row++) visit(indexes.getItem(row) as number, row);
}

function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

type ShardRows = Pick<StagedShard, 'spec' | 'keys' | 'urls' | 'hashes' | 'tags' | 'unread'>;

class TableShard implements StagedShard {
  readonly spec: ShardSpec;
  readonly keys: readonly string[];
  readonly urls: readonly (string | null)[];
  readonly hashes: BigInt64Array;
  readonly tags: StagedShard['tags'];
  readonly unread: StagedShard['unread'];
  readonly #table: ShardTable;
  readonly #plan: RunPlan;
  readonly #reader: ShardReader;

  constructor(table: ShardTable, plan: RunPlan, reader: ShardReader, rows: ShardRows) {
    this.#table = table;
    this.#plan = plan;
    this.#reader = reader;
    this.spec = rows.spec;
    this.keys = rows.keys;
    this.urls = rows.urls;
    this.hashes = rows.hashes;
    this.tags = rows.tags;
    this.unread = rows.unread;
  }

  writeTags(path: string, results: ShardResults): Promise<void> {
    return this.#write(path, results, '');
  }

  writeMetadata(path: string, results: ShardResults): Promise<void> {
    return this.#write(path, results, "WHERE results.status = 'success'");
  }

  async writeConsent(path: string, consent: ShardConsent): Promise<void> {
    try {
      await writeConsentFile(path, this.#table, this, consent);
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  readCaptions(indexes: readonly number[]): Promise<(string | null)[]> {
    return this.#reader.readCaptions(indexes);
  }

  release(): Promise<void> {
    return this.#table.drop();
  }

  async #write(path: string, results: ShardResults, condition: string): Promise<void> {
    const { connection, database, rows } = this.#table;
    try {
      await loadResults(connection, database, this, results);
      await connection.run(
        `COPY (SELECT ${this.#outputColumns(results).join(', ')} FROM ${rows} AS input
           JOIN ${database}.main.results AS results ON input.position = results.position + ${this.spec.firstRow}
           ${condition} ORDER BY results.position)
         TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
      );
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  #outputColumns({ further = [] }: ShardResults): string[] {
    const names = further.map(({ name }) => name);
    const passed = passedColumns(this.#plan.schema, this.#plan.columns, names);
    return [
      ...LEADING_COLUMNS.map((name) => `results.${name}`),
      ...passed.map(({ schemaIndex, name }) => `input.c${schemaIndex} AS ${quoteName(name)}`),
      ...TRAILING_COLUMNS.map((name) => `results.${name}`),
      ...names.map((name, place) => `results.${furtherColumn(place)} AS ${quoteName(name)}`),
    ];
  }
}
