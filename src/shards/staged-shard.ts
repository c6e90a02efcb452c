import { sampleKey } from '../samples/key.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import { quoteName, quoteText } from '../tables/duckdb.ts';
import { readFailure, writeFailure } from '../tables/errors.ts';
import { FilledTable } from '../tables/filled-table.ts';
import { provenanceOption } from '../tables/provenance.ts';
import { type ShardConsent, writeConsentFile } from './consent.ts';
import { passedColumns } from './output-columns.ts';
import type { PicturePlaces } from './picture-places.ts';
import type { RunPlan, ShardSpec } from './plan.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './result-columns.ts';
import { furtherColumn, loadResults, type ShardResults } from './results.ts';
import type { RowProblem } from './row-problems.ts';
import { savedColumns } from './saved-columns.ts';
import { ShardReader } from './shard-reader.ts';
import type { ShardTable } from './shard-table.ts';

/** One shard in memory: what the stages need of its rows in JavaScript, everything else in DuckDB. */
export interface StagedShard {
  readonly spec: ShardSpec;
  readonly keys: readonly string[];
  /** Whether its images come from hosts; they lie in files otherwise. */
  readonly isDownloaded: boolean;
  /** As in the input, a leading U+FEFF included; all null where images lie in files. */
  readonly urls: readonly (string | null)[];
  /** Where the images lie, where they are files or parts of archives. */
  readonly pictures: PicturePlaces | undefined;
  /** The input's own where it has them, else computed. */
  readonly hashes: BigInt64Array;
  /** The input's tag columns, as the float32 that is judged and written; NaN = null. */
  readonly tags: Readonly<Partial<Record<Tag, Float32Array>>>;
  /** Rows that could not be read, by index; they have failed before any work. */
  readonly unread: ReadonlyMap<number, SampleFailure<RowProblem>>;
  /**
   * Writes every row, in input order, as zstd Parquet: key, hash, the input's columns (see `passedColumns`), results.
   * The same rows, results and provenance give the same bytes.
   *
   * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
   */
  writeTags(path: string, results: ShardResults, provenance: Provenance): Promise<void>;
  /** Writes the rows with status success, otherwise as `writeTags`. */
  writeMetadata(path: string, results: ShardResults, provenance: Provenance): Promise<void>;
  /**
   * Writes the rows whose images are saved, with img2dataset's columns and ours (`savedColumns`), otherwise as `writeTags`.
   *
   * @param imageColumn a name that no column gets
   */
  writeSaved(
    path: string,
    results: ShardResults,
    provenance: Provenance,
    saved: { readonly sizes: SavedSizes; readonly imageColumn: string },
  ): Promise<void>;
  /** Writes what was seen of every row's consent, in input order, otherwise as `writeTags`. */
  writeConsent(path: string, consent: ShardConsent): Promise<void>;
  /** The values of a text column of the input, by its name in the plan's schema. @throws errors of DuckDB */
  readTexts(column: string): Promise<(string | null)[]>;
  /** The captions of some rows, in the order asked for; null where there is none. */
  readCaptions(indexes: readonly number[]): Promise<(string | null)[]>;
  /** Likewise the paths of images that lie in files. */
  readPaths(indexes: readonly number[]): Promise<(string | null)[]>;
  /** Frees the shard's memory; nothing can be written after that. */
  release(): Promise<void>;
}

/** The rows whose images are saved, and what their images measure, in pixels. */
export interface SavedSizes {
  /** In ascending order. */
  readonly indexes: Int32Array;
  readonly widths: Int32Array;
  readonly heights: Int32Array;
}

/** Takes what the stages need out of a full table. @throws TableError BB_SHARD_READ */
export async function stageShard(table: ShardTable, plan: RunPlan, spec: ShardSpec): Promise<StagedShard> {
  const reader = new ShardReader(table, plan, spec);
  try {
    const urls = await reader.readUrls();
    const pictures = await reader.readPlaces();
    const hashes = await reader.readHashes();
    const tags = await reader.readTags();
    const keys = urls.map((_, index) => sampleKey(spec.id, index, plan.samplesPerShard));
    const unread = await reader.readProblems();
    return new TableShard(table, plan, reader, { spec, keys, urls, pictures, hashes, tags, unread });
  } catch (thrown) {
    await table.drop();
    throw readFailure(plan.inputs[spec.inputIndex]!.path, thrown);
  }
}

const SAVED_COLUMNS = [
  { name: 'position', type: 'INTEGER' },
  { name: 'width', type: 'INTEGER' },
  { name: 'height', type: 'INTEGER' },
] as const;

type ShardRows = Pick<StagedShard, 'spec' | 'keys' | 'urls' | 'pictures' | 'hashes' | 'tags' | 'unread'>;

class TableShard implements StagedShard {
  readonly spec: ShardSpec;
  readonly isDownloaded: boolean;
  readonly keys: readonly string[];
  readonly urls: readonly (string | null)[];
  readonly pictures: PicturePlaces | undefined;
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
    this.pictures = rows.pictures;
    this.isDownloaded = plan.columns.path === undefined;
    this.hashes = rows.hashes;
    this.tags = rows.tags;
    this.unread = rows.unread;
  }

  writeTags(path: string, results: ShardResults, provenance: Provenance): Promise<void> {
    return this.#write(path, results, provenance, '');
  }

  writeMetadata(path: string, results: ShardResults, provenance: Provenance): Promise<void> {
    return this.#write(path, results, provenance, "WHERE results.status = 'success'");
  }

  async writeSaved(
    path: string,
    results: ShardResults,
    provenance: Provenance,
    { sizes, imageColumn }: { readonly sizes: SavedSizes; readonly imageColumn: string },
  ): Promise<void> {
    const { connection, database, rows } = this.#table;
    try {
      await loadResults(connection, database, this, results);
      const saved = await FilledTable.create(connection, { database, table: 'saved' }, SAVED_COLUMNS);
      saved.append([sizes.indexes, sizes.widths, sizes.heights]);
      saved.close();
      const columns = savedColumns(this.#plan, results.further ?? [], imageColumn);
      await connection.run(
        `COPY (SELECT ${columns.join(', ')} FROM ${rows} AS input
           JOIN ${database}.main.results AS results ON input.position = results.position + ${this.spec.firstRow}
           JOIN ${database}.main.saved AS saved ON saved.position = results.position
           ORDER BY results.position)
         TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ${provenanceOption(provenance)})`,
      );
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  async writeConsent(path: string, consent: ShardConsent): Promise<void> {
    try {
      await writeConsentFile(path, this.#table, this, consent);
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  readTexts(column: string): Promise<(string | null)[]> {
    return this.#reader.readTexts(column);
  }

  readPaths(indexes: readonly number[]): Promise<(string | null)[]> {
    return this.#reader.readPaths(indexes);
  }

  readCaptions(indexes: readonly number[]): Promise<(string | null)[]> {
    return this.#reader.readCaptions(indexes);
  }

  release(): Promise<void> {
    return this.#table.drop();
  }

  async #write(
    path: string,
    results: ShardResults,
    provenance: Provenance,
    condition: string,
  ): Promise<void> {
    const { connection, database, rows } = this.#table;
    try {
      await loadResults(connection, database, this, results);
      await connection.run(
        `COPY (SELECT ${this.#outputColumns(results).join(', ')} FROM ${rows} AS input
           JOIN ${database}.main.results AS results ON input.position = results.position + ${this.spec.firstRow}
           ${condition} ORDER BY results.position)
         TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ${provenanceOption(provenance)})`,
      );
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  #outputColumns({ further = [] }: ShardResults): string[] {
    const names = further.map(({ name }) => name);
    const { schema, columns, savedColumns } = this.#plan;
    const passed = passedColumns(schema, columns, names, savedColumns);
    return [
      ...LEADING_COLUMNS.map((name) => `results.${name}`),
      ...passed.map(({ schemaIndex, name }) => `input.c${schemaIndex} AS ${quoteName(name)}`),
      ...TRAILING_COLUMNS.map((name) => `results.${name}`),
      ...names.map((name, place) => `results.${furtherColumn(place)} AS ${quoteName(name)}`),
    ];
  }
}
