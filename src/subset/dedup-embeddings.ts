import { join } from 'node:path';
import { arrayRows, itemsOf } from '../tables/chunk.ts';
import { quoteName } from '../tables/duckdb.ts';
import type { SubsetDatabase } from './database.ts';
import { BEST_FIRST, type RankedRows } from './dedup-rank.ts';
import { EmbeddingLeaders, VECTOR_ALIGNMENT } from './embedding-leaders.ts';
import { fillFollowers } from './followers-table.ts';
import type { SubsetPlan } from './plan.ts';
import { RunEmbeddings } from './run-embeddings.ts';
import { ORD, tableSql } from './source.ts';

/** For the embeddings of kept pictures. */
const LEADER_BYTES = 256 * 2 ** 20;

/** Embeddings by row, some at a time: places of rows, and float32 (rows, dimension), NaN where a row has none. */
interface VectorBlock {
  readonly places: BigInt64Array;
  readonly vectors: Float32Array;
  readonly rowCount: number;
}

/** Embeddings of one length, from the best row to the worst. */
interface VectorSource {
  readonly dimension: number;
  readonly blocks: AsyncIterable<VectorBlock>;
  close(): void;
}

/**
 * Makes the table `followers`: rows whose embedding has a cosine of at least `cosine` with that of a better kept one. Embeddings
 * are brought to length 1 first.
 *
 * @returns how many rows were compared; the others have no embedding, one of another length, of zeros or not finite
 */
export async function embeddingFollowers(
  database: SubsetDatabase,
  plan: SubsetPlan,
  { cosine }: { readonly cosine: number },
  rows: RankedRows,
): Promise<number> {
  const source = await openVectors(database, plan, rows);
  try {
    const dimension = Math.ceil(source.dimension / VECTOR_ALIGNMENT) * VECTOR_ALIGNMENT;
    const leaders = new EmbeddingLeaders(cosine, dimension, LEADER_BYTES);
    let compared = 0;
    const count = (some: number): void => {
      compared += some;
    };
    await fillFollowers(database, recordsOf(source, leaders.words, count), leaders, rows.rowCount);
    return compared;
  } finally {
    source.close();
  }
}

async function openVectors(
  database: SubsetDatabase,
  plan: SubsetPlan,
  rows: RankedRows,
): Promise<VectorSource> {
  if (plan.dedupKey?.from === 'vectors') return columnVectors(database, plan, plan.dedupKey.column, rows);
  const tagFiles = plan.metadata.files.map(({ path }) => path);
  const embeddings = await RunEmbeddings.fetched(tagFiles, join(database.spillFolder, 'inputs'));
  return {
    dimension: embeddings.dimension,
    blocks: runVectors(database, plan, embeddings, rows),
    close: () => embeddings.close(),
  };
}

/** The length is that of the first embedding by place in the input. */
async function columnVectors(
  database: SubsetDatabase,
  { metadata }: SubsetPlan,
  column: string,
  { sql, rowCount }: RankedRows,
): Promise<VectorSource> {
  const table = tableSql(metadata, [column]);
  const value = quoteName(column);
  const [first] = await database.rows<{ length: number }>(
    `SELECT len(${value})::DOUBLE AS length FROM (${table}) WHERE len(${value}) > 0 ORDER BY ${ORD} LIMIT 1`,
  );
  const dimension = first?.length ?? 1;
  const vector = `(CASE WHEN len(m.${value}) = ${dimension} THEN m.${value}::FLOAT[] END)::FLOAT[${dimension}]`;
  const query = `SELECT r.ord, ${vector} FROM ${sql} AS r JOIN (${table}) AS m ON r.ord = m.${ORD} ORDER BY ${BEST_FIRST}`;
  async function* blocks(): AsyncGenerator<VectorBlock> {
    for await (const chunk of database.stream({ phase: 'comparing pictures', sql: query, rowCount })) {
      const places = itemsOf<BigInt64Array>(chunk, 0);
      yield { places, vectors: arrayRows(chunk, 1, dimension), rowCount: chunk.rowCount };
    }
  }
  return { dimension, blocks: blocks(), close: () => undefined };
}

/** The k-th scored row of a shard has the k-th row of its .npy file. */
async function* runVectors(
  database: SubsetDatabase,
  { metadata, status }: SubsetPlan,
  embeddings: RunEmbeddings,
  { sql, rowCount }: RankedRows,
): AsyncGenerator<VectorBlock> {
  const scored = `SELECT ${ORD} AS place, (row_number() OVER (PARTITION BY ${ORD} >> 40 ORDER BY ${ORD}) - 1)::DOUBLE AS line
    FROM (${tableSql(metadata, [status!])}) WHERE ${quoteName(status!)} = 'success'`;
  const query = `SELECT r.ord, (r.ord >> 40)::DOUBLE, s.line FROM ${sql} AS r JOIN (${scored}) AS s ON r.ord = s.place ORDER BY ${BEST_FIRST}`;
  const { dimension } = embeddings;
  for await (const chunk of database.stream({ phase: 'comparing pictures', sql: query, rowCount })) {
    const [files, lines] = [itemsOf<Float64Array>(chunk, 1), itemsOf<Float64Array>(chunk, 2)];
    const vectors = new Float32Array(chunk.rowCount * dimension);
    for (let row = 0; row < chunk.rowCount; row++)
      embeddings.read(files[row]!, lines[row]!, vectors.subarray(row * dimension, (row + 1) * dimension));
    yield { places: itemsOf<BigInt64Array>(chunk, 0), vectors, rowCount: chunk.rowCount };
  }
}

/** Records of the rows whose embedding can be compared, brought to length 1. */
async function* recordsOf(
  { dimension, blocks }: VectorSource,
  words: number,
  onCompared: (rows: number) => void,
): AsyncGenerator<Uint32Array> {
  for await (const { places, vectors, rowCount } of blocks) {
    const records = new Uint32Array(rowCount * words);
    const floats = new Float32Array(records.buffer);
    const halves = new Uint32Array(places.buffer, places.byteOffset, 2 * rowCount);
    let taken = 0;
    for (let row = 0; row < rowCount; row++) {
      const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
      const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
      if (!(length > 0 && length < Number.POSITIVE_INFINITY)) continue;
      const at = words * taken++;
      records[at] = halves[2 * row]!;
      records[at + 1] = halves[2 * row + 1]!;
      for (let i = 0; i < dimension; i++) floats[at + 2 + i] = vector[i]! / length;
    }
    onCompared(taken);
    yield records.subarray(0, taken * words);
  }
}
