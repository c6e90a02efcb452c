import { noiseCrops } from '../embed/batch-probe.ts';
import { type ImageModel, type RunOptions, startImageModel } from '../embed/image-model.ts';
import { cropBytesOf, type ImageModelSpec } from '../embed/spec.ts';
import { extremeCrops } from './extreme-crops.ts';
import { type Rows, unsoundRows } from './rows.ts';

/** How a model does with batches of one size. */
export interface BatchCheck {
  readonly batchSize: number;
  /** Whether an image's row is the same wherever it stands in a batch and beside whatever, bit for bit. */
  readonly batchInvariant: boolean;
  /** Of crops that lie in memory, after batches that are not counted. */
  readonly imagesPerSecond: number;
  /** The most memory that the model's process had, loading included: resident, not that of a GPU. */
  readonly peakMemoryBytes: number;
}

/** What came of batches of all sizes. */
export interface BatchResults {
  readonly provider: string;
  readonly batches: readonly BatchCheck[];
  /** Of seeded noise in different colours. */
  readonly noiseRows: Rows;
  /** Of the crops that were given. */
  readonly rows: Rows;
  /** The extreme crops (extreme-crops.ts) whose rows are not finite, in batches of any of the sizes. */
  readonly unsound: readonly string[];
}

/** Where a model is run, and what is told meanwhile. */
export interface RunningOptions extends Pick<RunOptions, 'device' | 'threads' | 'timeoutMs'> {
  /** Told of every step before it is done. */
  readonly onStep?: (step: string) => void;
}

/** Which batches are tried. */
export interface BatchOptions extends RunningOptions {
  readonly batchSizes: readonly number[];
}

/** Batches that are timed, and pictures of noise that are compared. */
const TIMED_BATCHES = 4;
/** One batch that takes as long says enough. */
const SLOW_BATCH_SECONDS = 3;
const COMPARED_ROWS = 8;

/** Runs a model on crops with batches of each size, each in a process of its own. @throws BowerbirdError as `startImageModel` */
export async function checkBatches(
  spec: ImageModelSpec,
  crops: readonly Uint8Array[],
  { batchSizes, onStep, ...running }: BatchOptions,
): Promise<BatchResults> {
  const noise = noiseCrops(COMPARED_ROWS, cropBytesOf(spec)).map(tinted);
  const extremes = extremeCrops(spec.transform.sizePx);
  const unsound = new Set<string>();
  const batches: BatchCheck[] = [];
  let results: Omit<BatchResults, 'batches' | 'unsound'> | undefined;
  for (const batchSize of batchSizes) {
    onStep?.(`batches of ${batchSize}`);
    results = await withModel(spec, { ...running, batchSize }, async (model) => {
      const rows = await rowsOf(model, crops);
      const noiseRows = await rowsOf(model, noise);
      const extremeRows = await rowsOf(
        model,
        extremes.map(({ pixels }) => pixels),
      );
      for (const place of unsoundRows(extremeRows)) unsound.add(extremes[place]!.words);
      batches.push(await timeBatches(model, noise));
      return { provider: model.provider, rows, noiseRows };
    });
  }
  return { ...results!, batches, unsound: [...unsound] };
}

/** Has a model do some work, and ends its process. */
export async function withModel<T>(
  spec: ImageModelSpec,
  running: RunOptions,
  work: (model: ImageModel) => Promise<T>,
): Promise<T> {
  const title = spec.rows === 'embedding' ? 'encoder' : 'classifier';
  const model = await startImageModel({ ...running, spec, title, timeoutFlag: '--encoder-timeout' });
  try {
    return await work(model);
  } finally {
    await model.stop();
  }
}

/** What a model gives for crops. */
export async function rowsOf(model: ImageModel, crops: readonly Uint8Array[]): Promise<Rows> {
  return { values: await model.run(crops), width: model.width };
}

/** Another colour for each picture: noise is grey on the whole, and a model may see no more than that. */
function tinted(crop: Uint8Array, picture: number): Uint8Array {
  return crop.map(
    (value, i) => (value * (1 + ((3 * picture + 5 * (i % 3)) % COMPARED_ROWS))) / COMPARED_ROWS,
  );
}

async function timeBatches(model: ImageModel, crops: readonly Uint8Array[]): Promise<BatchCheck> {
  const { batchSize, batchInvariant } = model;
  const count = TIMED_BATCHES * batchSize;
  const timed = Array.from({ length: count }, (_, i) => crops[i % crops.length]!);
  const first = await imagesPerSecond(model, timed.slice(0, batchSize));
  const isSlow = batchSize / first > SLOW_BATCH_SECONDS;
  return {
    batchSize,
    batchInvariant,
    imagesPerSecond: isSlow ? first : await imagesPerSecond(model, timed),
    peakMemoryBytes: await model.peakBytes(),
  };
}

async function imagesPerSecond(model: ImageModel, crops: readonly Uint8Array[]): Promise<number> {
  const startedMs = performance.now();
  await model.run(crops);
  return crops.length / ((performance.now() - startedMs) / 1000);
}
