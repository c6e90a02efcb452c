const SEED = 0x9e3779b9;

/** Mulberry32 (public domain, by Tommy Ettinger): small, seeded, good enough for noise images. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A slope of light under noise, each of a strength of its own: smooth pictures, grainy ones, and what lies between. */
function noiseCrop(seed: number, cropBytes: number): Uint8Array {
  const next = noise(seed);
  const middle = 255 * next();
  const slope = 255 * (2 * next() - 1);
  const spread = 128 * next() ** 3;
  const crop = new Uint8ClampedArray(cropBytes);
  for (let i = 0; i < cropBytes; i++)
    crop[i] = middle + slope * (i / cropBytes - 0.5) + spread * (2 * next() - 1);
  return new Uint8Array(crop.buffer);
}

/** Crops of seeded noise, each another one. */
export function noiseCrops(count: number, cropBytes: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => noiseCrop(SEED + i, cropBytes));
}

/** Black, white, and stripes of both. */
function extremeCrops(cropBytes: number): readonly Uint8Array[] {
  const stripes = new Uint8Array(cropBytes);
  for (let i = 0; i < cropBytes; i++) stripes[i] = Math.floor(i / 3) % 2 === 0 ? 0 : 255;
  return [new Uint8Array(cropBytes), new Uint8Array(cropBytes).fill(255), stripes];
}

/**
 * Whether rows depend on their image alone: the same images are given to a model in two full batches,
 * at other positions and with other neighbours (black, white and striped ones, which
 * stretch the ranges that a dynamically quantised model measures over its whole batch).
 */
export async function isBatchInvariant(
  run: (crops: readonly Uint8Array[]) => Promise<Float32Array>,
  batchSize: number,
  cropBytes: number,
): Promise<boolean> {
  const first = noiseCrops(batchSize, cropBytes);
  const extremes = extremeCrops(cropBytes);
  // Reversed, and every second neighbour replaced.
  const sources = first.map((_, i) => batchSize - 1 - i);
  const second = sources.map((source, i) => (isKept(i, batchSize) ? first[source]! : extremes[i % 3]!));
  const [before, after] = await Promise.all([run(first), run(second)]);
  const rowBytes = before.byteLength / batchSize;
  return sources.every((source, i) => {
    if (!isKept(i, batchSize)) return true;
    return rowOf(before, source, rowBytes).equals(rowOf(after, i, rowBytes));
  });
}

/** A batch of one keeps its only image; larger ones keep every second. */
function isKept(position: number, batchSize: number): boolean {
  return batchSize === 1 || position % 2 === 1;
}

function rowOf(rows: Float32Array, row: number, rowBytes: number): Buffer {
  return Buffer.from(rows.buffer, rows.byteOffset + row * rowBytes, rowBytes);
}
