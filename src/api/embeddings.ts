import { open } from 'node:fs/promises';
import { BowerbirdError } from '../base/errors.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import { BYTES_PER_VALUE, type NpyLayout, readNpyLayout } from '../rescore/npy-header.ts';
import { itemsOf } from '../tables/chunk.ts';
import { unreadable } from '../tables/errors.ts';
import { type ReadColumn, readColumnsOf } from '../tables/reading/columns.ts';
import { ParquetReader } from '../tables/reading/parquet-reader.ts';
import { valuesOf } from '../tables/reading/values.ts';
import { sampleCondition } from './filters.ts';
import { chosenShards, type RowOptions } from './run-samples.ts';
import type { RunFacts, RunShard } from './run-shards.ts';

/** Embeddings of up to 2048 rows of one shard. */
export interface EmbeddingBlock {
  readonly shard: number;
  /** How many rows these are. */
  readonly count: number;
  readonly dimension: number;
  readonly keys: readonly string[];
  readonly hashes: readonly (bigint | null)[];
  /** float32, row by row (count x dimension), each of length 1. Nobody else uses this memory. */
  readonly values: Float32Array;
}

/** The embedding of one row. */
export interface SampleEmbedding {
  readonly key: string;
  readonly hash: bigint | null;
  /** float32, of length 1; a part of its block's memory. */
  readonly embedding: Float32Array;
}

/**
 * The embeddings of a run, a block after the other, in the order of its shards and rows. One block is in memory.
 *
 * @throws BowerbirdError BB_EMBEDDINGS_MISSING where a shard has none
 */
export async function* readEmbeddings(
  run: RunFacts,
  options: RowOptions,
): AsyncGenerator<EmbeddingBlock, void, undefined> {
  const condition = sampleCondition(options) ?? 'true';
  const wanted: ReadColumn = { name: 'wanted', type: 'BOOLEAN', sql: `coalesce(${condition}, false)` };
  const columns = [
    ...readColumnsOf([
      { name: 'key', type: 'VARCHAR' },
      { name: 'hash', type: 'BIGINT' },
    ]),
    wanted,
  ];
  const reader = await ParquetReader.open();
  try {
    for (const shard of chosenShards(run, options)) yield* readShard(run, shard, reader, columns);
  } finally {
    reader.close();
  }
}

async function* readShard(
  { folder }: RunFacts,
  shard: RunShard,
  reader: ParquetReader,
  columns: readonly ReadColumn[],
): AsyncGenerator<EmbeddingBlock, void, undefined> {
  const { embeddings, metadata, successes: rowCount } = shard;
  if (embeddings === undefined || metadata === undefined) throw noEmbeddings(folder.path, shard);
  for (const file of [metadata, embeddings]) await shard.check(file);
  const layout = readNpyLayout(embeddings);
  if (layout.rowCount !== rowCount)
    throw unreadable(embeddings, `it has ${layout.rowCount} rows, and its shard has ${rowCount}`);
  const handle = await open(embeddings, 'r');
  try {
    let first = 0;
    for await (const chunk of reader.chunks({ path: metadata, rowCount, columns })) {
      const wanted = Uint8Array.from(itemsOf<Uint8Array>(chunk, 2).subarray(0, chunk.rowCount));
      const [keys, hashes] = valuesOf(chunk, columns.slice(0, 2)) as [string[], (bigint | null)[]];
      const count = wanted.reduce((sum, flag) => sum + flag, 0);
      if (count > 0) {
        const bytes = await readRows(handle, layout, first, chunk.rowCount);
        if (!bytes) throw unreadable(embeddings, 'it has become shorter while it was read');
        const isWanted = (_: unknown, row: number): boolean => wanted[row] === 1;
        yield {
          shard: shard.id,
          count,
          dimension: layout.dimension,
          keys: keys.filter(isWanted),
          hashes: hashes.filter(isWanted),
          values: pickRows(floatsOf(bytes, layout), layout.dimension, wanted, count),
        };
      }
      first += chunk.rowCount;
    }
  } finally {
    await handle.close();
  }
}

/** Undefined where the file ends before. */
async function readRows(
  handle: Awaited<ReturnType<typeof open>>,
  { type, dimension, dataOffset }: NpyLayout,
  first: number,
  rows: number,
): Promise<ArrayBuffer | undefined> {
  const rowBytes = dimension * BYTES_PER_VALUE[type];
  const bytes = new ArrayBuffer(rows * rowBytes);
  const { bytesRead } = await handle.read(
    new Uint8Array(bytes),
    0,
    bytes.byteLength,
    dataOffset + first * rowBytes,
  );
  return bytesRead === bytes.byteLength ? bytes : undefined;
}

function floatsOf(bytes: ArrayBuffer, { type }: NpyLayout): Float32Array {
  return type === 'float16' ? fromFloat16Bits(new Uint16Array(bytes)) : new Float32Array(bytes);
}

function pickRows(values: Float32Array, dimension: number, wanted: Uint8Array, count: number): Float32Array {
  if (count === wanted.length) return values;
  const picked = new Float32Array(count * dimension);
  let to = 0;
  for (let row = 0; row < wanted.length; row++) {
    if (wanted[row] === 1)
      picked.set(values.subarray(row * dimension, (row + 1) * dimension), dimension * to++);
  }
  return picked;
}

function noEmbeddings(path: string, { id }: RunShard): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBEDDINGS_MISSING',
    `Shard ${id} of ${path} has no embeddings: they are kept by \`bowerbird score --save-embeddings\`. Where they were scored from ` +
      'stored embeddings, read those.',
    { fields: { path, shard: id } },
  );
}
