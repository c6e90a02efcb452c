import type { EncoderFiles } from '../models/encoder-files.ts';
import { noiseCrops } from './batch-probe.ts';
import { createEncoder, type Encoder, type EncoderOptions, encoderSpec, rowProblem } from './encoder.ts';
import { cropBytesOf } from './spec.ts';

/** How an encoder does with batches of one size. */
export interface BatchCheck {
  readonly batchSize: number;
  /** Whether an image's embedding is the same wherever it stands in a batch, bit for bit. */
  readonly batchInvariant: boolean;
  /** Of crops that lie in memory, after one batch that is not counted. */
  readonly imagesPerSecond: number;
}

/** What was seen of an encoder. */
export interface EncoderCheck {
  readonly name: string;
  /** As in `EncoderFiles`. */
  readonly digest: string;
  readonly provider: string;
  readonly dimension: number;
  readonly batches: readonly BatchCheck[];
  /** The greatest cosine of the embeddings of two different pictures: 1 where the model does not look at them. */
  readonly greatestCosine: number;
  /** What is wrong with an embedding of a sound picture, if anything. */
  readonly problem?: string;
}

/** With what an encoder is checked. */
export interface CheckOptions extends Pick<EncoderOptions, 'device' | 'threads' | 'timeoutMs'> {
  readonly batchSizes: readonly number[];
}

/** Batches that are timed, and embeddings that are compared. */
const TIMED_BATCHES = 4;
const COMPARED_ROWS = 8;

/**
 * Runs an encoder on seeded noise, with batches of each size in a process of its own.
 *
 * @throws BowerbirdError as `createEncoder`
 */
export async function checkEncoder(
  files: EncoderFiles,
  { batchSizes, ...running }: CheckOptions,
): Promise<EncoderCheck> {
  const crops = noiseCrops(COMPARED_ROWS, cropBytesOf(encoderSpec(files))).map(tinted);
  const batches: BatchCheck[] = [];
  let seen: { readonly rows: Float32Array; readonly provider: string } | undefined;
  for (const batchSize of batchSizes) {
    const encoder = await createEncoder({ files, batchSize, ...running });
    try {
      seen = { rows: await encoder.embed(crops), provider: encoder.provider };
      batches.push(await timeBatches(encoder, crops));
    } finally {
      await encoder.stop();
    }
  }
  const { rows, provider } = seen!;
  const { dimension } = files.manifest;
  const problem = firstProblem(rows, dimension);
  return {
    name: files.name,
    digest: files.digest,
    provider,
    dimension,
    batches,
    greatestCosine: greatestCosine(rows, dimension),
    ...(problem !== undefined && { problem }),
  };
}

/** Another colour for each picture: noise is grey on the whole, and a model may see no more than that. */
function tinted(crop: Uint8Array, picture: number): Uint8Array {
  return crop.map(
    (value, i) => (value * (1 + ((3 * picture + 5 * (i % 3)) % COMPARED_ROWS))) / COMPARED_ROWS,
  );
}

async function timeBatches(encoder: Encoder, crops: readonly Uint8Array[]): Promise<BatchCheck> {
  const { batchSize, batchInvariant } = encoder;
  const count = TIMED_BATCHES * batchSize;
  const timed = Array.from({ length: count }, (_, i) => crops[i % crops.length]!);
  await encoder.embed(timed.slice(0, batchSize));
  const startedMs = performance.now();
  await encoder.embed(timed);
  const seconds = (performance.now() - startedMs) / 1000;
  return { batchSize, batchInvariant, imagesPerSecond: count / seconds };
}

function firstProblem(rows: Float32Array, dimension: number): string | undefined {
  for (let row = 0; row < COMPARED_ROWS; row++) {
    const problem = rowProblem(rows, row, dimension);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Of unit rows, between any two. */
function greatestCosine(rows: Float32Array, dimension: number): number {
  let greatest = -1;
  for (let a = 0; a < COMPARED_ROWS; a++) {
    for (let b = a + 1; b < COMPARED_ROWS; b++) {
      let cosine = 0;
      for (let i = 0; i < dimension; i++) cosine += rows[a * dimension + i]! * rows[b * dimension + i]!;
      greatest = Math.max(greatest, cosine);
    }
  }
  return greatest;
}
