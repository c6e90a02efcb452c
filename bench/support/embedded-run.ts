import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy } from '../../src/base/npy.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { randomNumbers } from '../../test/helpers/random-numbers.ts';

const DIMENSION = 512;
const SHARD_ROWS = 20_000;
/** Of the spread of a picture, what it shares with its thousandth of all pictures. */
const CLUSTERS = 1000;

/**
 * A run folder as `subset` reads it, of embeddings that lie to each other as CLIP's do: strangers have a cosine of some 0.5, and the spread is
 * uneven, the square of each direction's falling as one by its number. Every tenth is a copy of the one before it, more or less near.
 */
export async function makeEmbeddedRun(path: string, rows: number): Promise<void> {
  for (const folder of ['tags', 'img_emb']) await mkdir(join(path, folder), { recursive: true });
  await writeFile(join(path, 'run.json'), '{}');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const next = embeddings();
  for (let from = 0; from < rows; from += SHARD_ROWS) {
    const count = Math.min(SHARD_ROWS, rows - from);
    const shard = String(from / SHARD_ROWS).padStart(5, '0');
    await connection.run(
      `COPY (SELECT i AS id, 'http://host/' || i AS url, 'success' AS status, (hash(i) % 1000)::FLOAT / 100 AS aesthetic
             FROM range(${from}, ${from + count}) AS r(i)) TO '${join(path, 'tags', `${shard}.parquet`)}' (FORMAT parquet)`,
    );
    const values = new Float32Array(count * DIMENSION);
    for (let row = 0; row < count; row++) values.set(next(), row * DIMENSION);
    const npy = encodeNpy('float16', [count, DIMENSION], values);
    await writeFile(join(path, 'img_emb', `img_emb_${shard}.npy`), npy);
  }
  connection.closeSync();
  instance.closeSync();
}

/** Gives one embedding after another, of length 1. */
function embeddings(): () => Float64Array {
  const random = randomNumbers(3);
  // The sum of three has a spread of one half.
  const normal = (): number => 2 * (random() + random() + random() - 1.5);
  const spread = Float64Array.from({ length: DIMENSION }, (_, i) => 1 / Math.sqrt(1 + i));
  const scale = Math.hypot(...spread);
  const drawn = (): Float64Array => spread.map((value) => (normal() * value) / scale);
  const clusters = Array.from({ length: CLUSTERS }, drawn);
  const signs = spread.map(() => (random() < 0.5 ? -1 : 1));
  let before = new Float64Array(DIMENSION);
  let made = 0;
  return () => {
    const isCopy = ++made % 10 === 0;
    const [own, cluster] = [drawn(), clusters[Math.floor(random() * CLUSTERS)]!];
    const share = 0.1 + 0.4 * random();
    before = unit(
      isCopy
        ? before.map((value) => value + (share * normal()) / Math.sqrt(DIMENSION))
        : turned(
            own.map((value, i) => 0.7 * (value + cluster[i]!) + (i === 0 ? 1 : 0)),
            signs,
          ),
    );
    return before;
  };
}

/** Turned so that no coordinate stands for a direction: signs, then the Walsh-Hadamard transform. */
function turned(vector: Float64Array, signs: Float64Array): Float64Array {
  const values = vector.map((value, i) => value * signs[i]!);
  for (let half = 1; half < values.length; half *= 2)
    for (let i = 0; i < values.length; i++) {
      if ((i & half) !== 0) continue;
      const [a, b] = [values[i]!, values[i + half]!];
      values[i] = a + b;
      values[i + half] = a - b;
    }
  return values;
}

function unit(vector: Float64Array): Float64Array<ArrayBuffer> {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
