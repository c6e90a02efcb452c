import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { setRoundedToOdd } from '../base/float16.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import { forEachNull, itemsOf, streamChunks } from './chunk.ts';
import { hashSql, numberSql, scoreSql, storedSql } from './column-sql.ts';
import { type ColumnMapping, columnOf, type FileColumn, storedType } from './columns.ts';
import { type DuckDbOptions, openDuckDb, parquetSource } from './duckdb.ts';
import { readFailure, TableError } from './errors.ts';
import { type FoundInput, refuseIdleDialect, type TextReading } from './formats.ts';
import { expandInputs } from './inputs.ts';
import { KNOWN_NAMES, known, SCORE_NAMES } from './parts.ts';
import { type ScoredFile, scoreSides } from './provenance.ts';
import { type ReadableInput, readableOn, textNote } from './readable.ts';
import { fetchRows } from './remote/fetch-rows.ts';
import { dropWhenMuch } from './remote/remote-files.ts';
import { withTagsOfRuns } from './run-tags.ts';
import { checkTexts } from './value-check.ts';

export interface ScoreRowOptions extends DuckDbOptions, TextReading {
  /** The scores go on to float16: float64 ones are rounded so that this second rounding is right (`setRoundedToOdd`). */
  readonly forFloat16?: boolean;
  /** Told of all files before one is opened. */
  readonly onInputs?: (inputs: readonly FoundInput[]) => void;
  /** Which of them are read, by their places in that list; all where not given. */
  readonly isTaken?: (place: number) => boolean;
  /** Called before a file's rows come. */
  readonly onSource?: (source: InputIdentity) => void;
  /** Told before the first row where the scores come from; what it throws ends the reading. */
  readonly onSides?: (sides: readonly ScoreSide[]) => void;
  /** Told of files that are passed over, and of lines that break their format. */
  readonly onNote?: (note: string) => void;
}

const BATCH_ROWS = 64 * 1024;

/**
 * Streams hash and scores, file by file, from run folders (their tags) and all formats that `score` reads. Rows without a
 * hash are left out.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_INPUT_VALUE, BB_COLUMN_MISSING,
 *   BB_SCHEMA_MISMATCH, BB_SHARD_READ; BowerbirdError BB_USAGE
 */
export async function* readScoreRows(
  paths: readonly string[],
  columns: readonly Tag[],
  options: ScoreRowOptions,
): AsyncGenerator<ScoreRows> {
  const found = await expandInputs(await withTagsOfRuns(paths, options.onNote), options);
  refuseIdleDialect(found, options.text ?? {});
  options.onInputs?.(found);
  const inputs = found.filter((_, place) => options.isTaken?.(place) ?? true);
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  try {
    // All files are looked at before the first row is read: a wrong one is told at once.
    const files: ScoreFile[] = [];
    for (const input of inputs) files.push(await inspect(connection, input, columns, options));
    options.onSides?.(scoreSides(files.map(({ scored }) => scored)));
    for (const file of files) {
      options.onSource?.(file.source);
      yield* readFile(connection, file, columns.length);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface ScoreFile {
  readonly source: InputIdentity;
  readonly scored: ScoredFile;
  readonly readPath: string;
  /** The columns that are read. */
  readonly columns: readonly string[];
  /** SQL that gives hash and scores of all rows. */
  readonly select: string;
}

async function inspect(
  connection: DuckDBConnection,
  input: FoundInput,
  columns: readonly Tag[],
  { temporaryFolder, text = {}, forFloat16, onNote }: ScoreRowOptions,
): Promise<ScoreFile> {
  const table = await readableOn(connection, input, {
    stagingFolder: temporaryFolder,
    text,
    isReadByRanges: true,
  });
  const mapping = scoreColumns(table, columns);
  await checkTexts(connection, { ...table, isTable: true }, mapping);
  const note = textNote(table);
  if (note !== undefined) onNote?.(note);
  const readPart = (part: 'hash' | Tag): string => {
    const column = columnOf(table.columns, mapping[part]!)!;
    const [value, type] = [storedSql(column), storedType(column)];
    if (part === 'hash') return hashSql(value, type);
    return forFloat16 && type !== 'FLOAT' ? numberSql(value, type) : scoreSql(value, type);
  };
  const { path, sizeBytes, rowCount, fingerprint, readPath, provenance } = table;
  const names = Object.fromEntries(columns.map((column) => [column, mapping[column]!]));
  return {
    scored: { path, rowCount, provenance, columns: names },
    source: { path, sizeBytes, rowCount, fingerprint },
    readPath,
    columns: Object.values(mapping),
    select: `SELECT ${(['hash', ...columns] as const).map(readPart).join(', ')} FROM ${parquetSource(readPath)}`,
  };
}

/** @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
function scoreColumns(
  { path, columns: schema }: ReadableInput,
  columns: readonly Tag[],
): Partial<ColumnMapping> {
  const mapping: Partial<Record<'hash' | Tag, string>> = {};
  const described = schema.map((column) => ({ ...column, path }));
  for (const part of ['hash', ...columns] as const) {
    const names = part === 'hash' ? KNOWN_NAMES.hash : SCORE_NAMES[part];
    const found = known(described, part, names);
    if (!found) throw missing(path, schema, names);
    mapping[part] = found.name;
  }
  return mapping;
}

function missing(path: string, schema: readonly FileColumn[], names: readonly string[]): TableError {
  const columns = schema.map((column) => column.name);
  return new TableError(
    'BB_COLUMN_MISSING',
    `${path} has no column ${names.join(' or ')}. It has: ${columns.join(', ') || 'none'}.`,
    { fields: { path, columns } },
  );
}

async function* readFile(
  connection: DuckDBConnection,
  { source, readPath, columns, select }: ScoreFile,
  columnCount: number,
): AsyncGenerator<ScoreRows> {
  let batch = new Batch(columnCount);
  await fetchRows(connection, readPath, { columns });
  try {
    for await (const chunk of streamChunks(connection, select, source.rowCount)) {
      if (batch.rowCount + chunk.rowCount > BATCH_ROWS) {
        yield batch.rows();
        batch = new Batch(columnCount);
      }
      batch.add(chunk);
    }
  } catch (thrown) {
    throw readFailure(source.path, thrown);
  }
  await dropWhenMuch(readPath);
  if (batch.rowCount > 0) yield batch.rows();
}

class Batch {
  rowCount = 0;
  readonly #hashes = new BigInt64Array(BATCH_ROWS);
  readonly #columns: readonly Float32Array[];

  constructor(columnCount: number) {
    this.#columns = Array.from({ length: columnCount }, () => new Float32Array(BATCH_ROWS));
  }

  add(chunk: DuckDBDataChunk): void {
    const withoutHash = new Set<number>();
    forEachNull(chunk, 0, (row) => withoutHash.add(row));
    this.#hashes.set(itemsOf<BigInt64Array>(chunk, 0), this.rowCount);
    for (const [i, column] of this.#columns.entries()) {
      const scores = itemsOf<Float32Array | Float64Array>(chunk, 1 + i);
      forEachNull(chunk, 1 + i, (row) => {
        scores[row] = Number.NaN;
      });
      if (scores instanceof Float32Array) column.set(scores, this.rowCount);
      else setRoundedToOdd(column.subarray(this.rowCount), scores);
    }
    if (withoutHash.size === 0) {
      this.rowCount += chunk.rowCount;
      return;
    }
    let kept = this.rowCount;
    for (let row = 0; row < chunk.rowCount; row++) {
      if (withoutHash.has(row)) continue;
      this.#hashes[kept] = this.#hashes[this.rowCount + row]!;
      for (const column of this.#columns) column[kept] = column[this.rowCount + row]!;
      kept++;
    }
    this.rowCount = kept;
  }

  rows(): ScoreRows {
    return {
      hashes: this.#hashes.subarray(0, this.rowCount),
      columns: this.#columns.map((column) => column.subarray(0, this.rowCount)),
    };
  }
}
