import { PLACE_COLUMNS } from '../pictures/picture-row.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { bytesIn } from '../tables/chunk.ts';
import { hashedTextSql, hashSql, scoreSql, textBytesSql } from '../tables/column-sql.ts';
import type { DuckDBDataChunk } from '../tables/duckdb.ts';
import { hashTextColumn } from '../tables/packed-texts.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';
import { belowPrefix, inArchive, inFolder, type PicturePlaces } from './picture-places.ts';
import type { RunPlan, ShardSpec } from './plan.ts';
import { failureOf, type RowProblem } from './row-problems.ts';
import type { ShardTable } from './shard-table.ts';

/** Stands for what names a row's image, where that is not one column. */
const IMAGE_NAME = '';

/** Reads columns of a shard's own rows; a row's index is counted from 0 within the shard. */
export class ShardReader {
  readonly #table: ShardTable;
  readonly #plan: RunPlan;
  readonly #spec: ShardSpec;

  constructor(table: ShardTable, plan: RunPlan, spec: ShardSpec) {
    this.#table = table;
    this.#plan = plan;
    this.#spec = spec;
  }

  /** The URLs that are to be downloaded: none where images lie in files. */
  async readUrls(): Promise<(string | null)[]> {
    const { url, path } = this.#plan.columns;
    return url === undefined || path !== undefined ? this.#noTexts() : this.readTexts(url);
  }

  /** Where the images lie, where they are files or parts of archives. */
  async readPlaces(): Promise<PicturePlaces | undefined> {
    const { path, image } = this.#plan.columns;
    if (path === undefined || image !== undefined) return undefined;
    const input = this.#plan.inputs[this.#spec.inputIndex]!;
    const bytes = await this.#readNumbers(PLACE_COLUMNS.bytes);
    const { archivePath: file, archiveTag: tag } = input;
    if (file !== undefined)
      return inArchive({ file, tag }, await this.#readNumbers(PLACE_COLUMNS.offset), bytes);
    const paths = await this.readTexts(path);
    return isElsewhere(input.path)
      ? belowPrefix(input.path, paths, bytes, await this.readTexts(PLACE_COLUMNS.tag))
      : inFolder(input.path, paths, bytes);
  }

  /** The hash column; murmur3 of url and caption where there is none, or null in a row. */
  async readHashes(): Promise<BigInt64Array> {
    const hashes = new BigInt64Array(this.#spec.rowCount);
    const { caption, hash } = this.#plan.columns;
    const column = hash && hashSql(this.#columnOf(hash), this.#typeOf(hash));
    if (column) {
      for (const chunk of await this.#select(`${column} AS hash`, `${column} IS NOT NULL`)) {
        const values = chunk.getColumnVector(1);
        eachRow(chunk, (index, row) => {
          hashes[index] = values.getItem(row) as bigint;
        });
      }
    }
    const texts = hashedTextSql([IMAGE_NAME, caption], (name) =>
      name === IMAGE_NAME ? this.#imageName() : this.#bytesOf(name),
    );
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

  readCaptions(indexes: readonly number[]): Promise<(string | null)[]> {
    return this.#readTextsAt(this.#plan.columns.caption, indexes);
  }

  readPaths(indexes: readonly number[]): Promise<(string | null)[]> {
    return this.#readTextsAt(this.#plan.columns.path, indexes);
  }

  async #readTextsAt(name: string | undefined, indexes: readonly number[]): Promise<(string | null)[]> {
    if (name === undefined || indexes.length === 0) return indexes.map(() => null);
    const positions = indexes.map((index) => index + this.#spec.firstRow);
    const column = this.#bytesOf(name);
    const chosen = `${column} IS NOT NULL AND position IN (${positions.join(', ')})`;
    const texts = new Map<number, string>();
    for (const chunk of await this.#select(`${column} AS text`, chosen)) {
      const bytesOf = bytesIn(chunk, 1);
      eachRow(chunk, (index, row) => {
        texts.set(index, decodeUtf8(bytesOf(row)!));
      });
    }
    return indexes.map((index) => texts.get(index) ?? null);
  }

  /** The values of a text column. */
  async readTexts(name: string): Promise<(string | null)[]> {
    const texts = this.#noTexts();
    const column = this.#bytesOf(name);
    for (const chunk of await this.#select(`${column} AS text`, `${column} IS NOT NULL`)) {
      const bytesOf = bytesIn(chunk, 1);
      eachRow(chunk, (index, row) => {
        texts[index] = decodeUtf8(bytesOf(row)!);
      });
    }
    return texts;
  }

  #noTexts(): (string | null)[] {
    return new Array<string | null>(this.#spec.rowCount).fill(null);
  }

  async #readNumbers(name: string): Promise<Float64Array> {
    const numbers = new Float64Array(this.#spec.rowCount);
    const column = `${this.#columnOf(name)}::DOUBLE`;
    for (const chunk of await this.#select(`${column} AS number`, `${column} IS NOT NULL`)) {
      const values = chunk.getColumnVector(1);
      eachRow(chunk, (index, row) => {
        numbers[index] = values.getItem(row) as number;
      });
    }
    return numbers;
  }

  /** SQL for the bytes of a row's URL or, where there is none and its image lies in a file, of its path. */
  #imageName(): string {
    const { url, path } = this.#plan.columns;
    if (path === undefined) return this.#bytesOf(url!);
    return url === undefined
      ? this.#bytesOf(path)
      : `coalesce(${this.#bytesOf(url)}, ${this.#bytesOf(path)})`;
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
