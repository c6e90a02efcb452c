import type { RecordBatch, Table } from '../tables/arrow-library.ts';
import { type BatchFile, readBatches, readTable } from './batches.ts';
import { type EmbeddingBlock, readEmbeddings, type SampleEmbedding } from './embeddings.ts';
import { requireOpening, sampleCondition } from './filters.ts';
import {
  chosenShards,
  type RowOptions,
  readSamples,
  type Sample,
  type SampleOptions,
} from './run-samples.ts';
import { type RunFacts, readRunFacts } from './run-shards.ts';

/** What became of a run's rows, summed over its finished shards. */
export interface RunCounts {
  readonly rows: number;
  readonly successes: number;
  readonly failedToDownload: number;
  readonly failedToResize: number;
  readonly failedToEmbed: number;
  readonly kept: number;
  /** Rows dropped, by the first rule that failed. */
  readonly droppedBy: Readonly<Record<string, number>>;
  /** Failed rows, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Which rows are read, and which columns of the tags, by their names there (docs/formats.md). */
export interface RunBatchOptions extends RowOptions {
  readonly columns?: readonly string[];
}

/** How a run is read. */
export interface OpenRunOptions {
  /** Whether each file is held against its digest before it is read; true where not given. */
  readonly verify?: boolean;
}

/**
 * A run folder as it lay on disk when it was opened. It holds no file open: each iteration opens what it reads and
 * closes it when it ends, after a `break` or an error too. Several may run side by side.
 */
export interface Run {
  readonly folder: string;
  readonly state: 'running' | 'interrupted' | 'done';
  /** run.json as it is: schemas/run.schema.json. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly shardCount: number;
  readonly finishedShardCount: number;
  readonly counts: RunCounts;
  /** The tags of the finished shards, Parquet, in order; docs/formats.md has the columns. */
  readonly tagFiles: readonly string[];
  /** Numbers of the finished shards. */
  readonly shards: readonly number[];
  /** Whether there are some, and all have embeddings. */
  readonly hasEmbeddings: boolean;

  /**
   * The rows, in the order of shards and inputs, of which 2048 are in memory.
   *
   * @throws BowerbirdError BB_USAGE, BB_COLUMN_MISSING, BB_RUN_CORRUPT for a file that is not what was written, BB_SHARD_READ; while they are read
   */
  samples<Name extends string = string>(
    options?: SampleOptions<Name>,
  ): AsyncGenerator<Sample<Name>, void, undefined>;

  /** The rows as Arrow record batches of up to 2048, with the columns of the tags. @throws as `samples` */
  batches(options?: RunBatchOptions): AsyncGenerator<RecordBatch, void, undefined>;

  /** The same as one Arrow table, all of it in memory. @throws as `samples` */
  table(options?: RunBatchOptions): Promise<Table>;

  /**
   * Embeddings one by one, float32, of the rows that have one.
   *
   * @throws BowerbirdError BB_EMBEDDINGS_MISSING where a shard was scored without --save-embeddings; else as `samples`
   */
  embeddings(options?: RowOptions): AsyncGenerator<SampleEmbedding, void, undefined>;

  /** The same as matrices of up to 2048 rows. @throws as `embeddings` */
  embeddingBlocks(options?: RowOptions): AsyncGenerator<EmbeddingBlock, void, undefined>;
}

/**
 * Opens a run folder of `bowerbird score`: reads what it says of itself and of its finished shards, and no rows.
 *
 * @throws BowerbirdError BB_USAGE for a path that is no text; BB_RUN_CORRUPT where the folder has no run.json, or a damaged one, or the run is done and a file of one of its
 *   shards is gone, or not of its size, or the shard's stats are damaged;
 *   BB_OUTPUT_UNFINISHED where a command was killed while it changed the folder
 */
export async function openRun(path: string, options: OpenRunOptions = {}): Promise<Run> {
  requireOpening(path, options);
  const { verify = true } = options;
  const facts = await readRunFacts(path, { verify });
  const { folder, record, shards } = facts;
  return {
    folder: folder.path,
    state: record.state,
    record: { ...record },
    shardCount: record.shards,
    finishedShardCount: shards.length,
    counts: countsOf(facts),
    tagFiles: shards.map(({ tags }) => tags),
    shards: shards.map(({ id }) => id),
    hasEmbeddings: shards.length > 0 && shards.every(({ embeddings }) => embeddings !== undefined),
    samples: (options = {}) => readSamples(facts, options),
    async *batches(options = {}) {
      yield* readBatches(filesOf(facts, options), selectionOf(options));
    },
    table: async (options = {}) => readTable(filesOf(facts, options), selectionOf(options)),
    embeddings: (options = {}) => oneByOne(readEmbeddings(facts, options)),
    embeddingBlocks: (options = {}) => readEmbeddings(facts, options),
  };
}

function countsOf({ counts }: RunFacts): RunCounts {
  return {
    rows: counts.count,
    successes: counts.successes,
    failedToDownload: counts.failed_to_download,
    failedToResize: counts.failed_to_resize,
    failedToEmbed: counts.failed_to_embed,
    kept: counts.kept,
    droppedBy: counts.dropped_by,
    reasons: { ...counts.reasons },
  };
}

function filesOf(facts: RunFacts, options: RowOptions): BatchFile[] {
  return chosenShards(facts, options).map(({ tags, rowCount, check }) => ({
    path: tags,
    rowCount,
    check: () => check(tags),
  }));
}

function selectionOf(options: RunBatchOptions): {
  columns: RunBatchOptions['columns'];
  where: string | undefined;
} {
  return { columns: options.columns, where: sampleCondition(options) };
}

async function* oneByOne(
  blocks: AsyncIterable<EmbeddingBlock>,
): AsyncGenerator<SampleEmbedding, void, undefined> {
  for await (const { count, dimension, keys, hashes, values } of blocks) {
    for (let row = 0; row < count; row++) {
      const embedding = values.subarray(row * dimension, (row + 1) * dimension);
      yield { key: keys[row]!, hash: hashes[row]!, embedding };
    }
  }
}
