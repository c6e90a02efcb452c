import { ChildPool, type Frame } from '../base/child-pool.ts';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { SharedBytes } from '../base/shared-blocks.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { isBatchInvariant } from './batch-probe.ts';
import type { MemoryReply, OpenReply, WorkerSettings } from './model-worker.ts';
import type { Device } from './session.ts';
import { cropBytesOf, type ImageModelSpec } from './spec.ts';
import { workerEnvironment } from './worker-environment.ts';

/** Where and how a model runs. */
export interface RunOptions {
  /** `auto` takes CUDA where it works, else the CPU; any other device is taken or refused. */
  readonly device: Device;
  /** Images per run of the model. A model with a batch size of its own keeps that. */
  readonly batchSize: number;
  /** Threads of one session on the CPU. */
  readonly threads: number;
  /** What loading the model, and one of the two batches that it is tried with, may take; 600,000 by default. */
  readonly timeoutMs?: number;
  /** The file of the blocks in which crops may come. */
  readonly blocks?: number | undefined;
  /** Processes with a session each; 1 by default. */
  readonly sessions?: number;
  /** Told of every process of the model that died. */
  readonly onCrash?: (error: BowerbirdError) => void;
}

/** The pixels of a crop: bytes, or where they lie in a block. */
export type Crop = Uint8Array | SharedBytes;

/** Which model to run, and what messages say of it. */
export interface ImageModelOptions extends RunOptions {
  readonly spec: ImageModelSpec;
  /** What it is to the user: "encoder". */
  readonly title: string;
  /** The flag that gives it more time to start. */
  readonly timeoutFlag: string;
}

/** An image model in processes of its own: crops in, rows out. */
export interface ImageModel {
  /** How its crops are made of an image. */
  readonly transform: ImageTransform;
  /** Values in a row. */
  readonly width: number;
  /** The execution provider that was taken: `cpu`, `cuda`, ... */
  readonly provider: string;
  /** The version of onnxruntime that runs it. */
  readonly runtimeVersion: string;
  /** Images per run of the model. */
  readonly batchSize: number;
  /** Whether an image has the same row, bit for bit, wherever it stands in a batch and beside whatever. */
  readonly batchInvariant: boolean;
  /** Whether any finite number came of the noise, black and white that it was tried with. */
  readonly givesNumbers: boolean;
  /** Batches waiting for a session. */
  readonly queued: number;
  /**
   * Runs the model on RGB crops (uint8, sizePx * sizePx * 3, row major), any number of them.
   *
   * @returns n * width float32, row after row
   * @throws BowerbirdError BB_CHILD_CRASHED or BB_CHILD_TIMEOUT where the images cost their processes, BB_CHILD_START
   * where none can be started, else BB_EMBED_FAILED
   */
  run(crops: readonly Crop[]): Promise<Float32Array>;
  /** The most memory that a process of it has had so far, in bytes: resident, what loading took included, not that of a GPU. */
  peakBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** A session works on one batch while the next is on its way to it. */
const BATCHES_PER_SESSION = 2;

/** TensorRT builds an engine when it loads a model, which takes minutes; a large model on one core is as slow. */
const DEFAULT_TIMEOUT_MS = 600_000;

/** A batch has this many times what loading and two batches took at the start, and a minute at the least. */
const BATCH_TIMEOUT_FACTOR = 20;
const MIN_BATCH_TIMEOUT_MS = 60_000;

/**
 * Loads a model and tries it out on two batches of seeded noise: its rows must be as wide as its spec says, and they
 * tell whether an image's row depends on its neighbours.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH, BB_DEVICE_UNAVAILABLE, or BB_EMBED_FAILED where it cannot be started
 */
export async function startImageModel(options: ImageModelOptions): Promise<ImageModel> {
  const { spec, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const pool = startPool(options, timeoutMs);
  try {
    const startedMs = performance.now();
    const opened = await open(pool, options);
    const run = runner(pool, options, opened, timeoutMs);
    let givesNumbers = false;
    const trial: ImageModel['run'] = async (crops) => {
      const rows = await run(crops);
      givesNumbers ||= rows.some(Number.isFinite);
      return rows;
    };
    const batchInvariant = await isBatchInvariant(trial, opened.batchSize, cropBytesOf(spec));
    // A process that replaces another loads the model before its first batch, so the time for that is in it.
    const generousMs = BATCH_TIMEOUT_FACTOR * (performance.now() - startedMs);
    const batchTimeoutMs = Math.ceil(Math.min(timeoutMs, Math.max(MIN_BATCH_TIMEOUT_MS, generousMs)));
    return {
      transform: spec.transform,
      width: spec.width,
      ...opened,
      batchInvariant,
      givesNumbers,
      run: runner(pool, options, opened, batchTimeoutMs),
      peakBytes: async () =>
        ((await pool.request({ op: 'memory' })).header['values'] as MemoryReply).peakBytes,
      get queued() {
        return pool.queued;
      },
      stop: () => pool.stop(),
    };
  } catch (thrown) {
    await pool.stop();
    throw startFailure(thrown, options);
  }
}

/**
 * Refuses a model that gave no finite number when it was tried: all rows of a run would fail, after their downloads.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH; the model is stopped then
 */
export async function refuseNumberless(
  model: Pick<ImageModel, 'givesNumbers' | 'stop'>,
  { spec, title }: Pick<ImageModelOptions, 'spec' | 'title'>,
): Promise<void> {
  if (model.givesNumbers) return;
  await model.stop();
  throw new BowerbirdError(
    'BB_MODEL_GRAPH',
    `The ${title} ${spec.modelPath} gives no finite number for noise, black and white: its weights are damaged, or its ` +
      'arithmetic overflows. Export or convert it anew.',
    { fields: { model: spec.modelPath } },
  );
}

function startPool(options: ImageModelOptions, timeoutMs: number): ChildPool {
  const { spec, title, batchSize, threads, blocks, sessions = 1, onCrash } = options;
  return new ChildPool({
    name: title,
    script: new URL('./model-worker.js', import.meta.url),
    settings: { spec, batchSize, threads } satisfies WorkerSettings,
    env: workerEnvironment(process.env),
    size: sessions,
    inFlightPerChild: BATCHES_PER_SESSION,
    timeoutMs,
    blocks,
    ...(onCrash ? { onCrash } : {}),
  });
}

/** Opens one session to learn what device it takes, then each of them on the same. */
async function open(pool: ChildPool, { device, sessions = 1 }: ImageModelOptions): Promise<OpenReply> {
  const ask = async (wanted: Device): Promise<OpenReply> => {
    const { header } = await pool.request({ op: 'open', args: { device: wanted } });
    return header['values'] as OpenReply;
  };
  const first = await ask(device);
  await Promise.all(Array.from({ length: sessions }, () => ask(first.provider)));
  return first;
}

/** Cuts crops of any number into batches of the model's size, and puts their rows together again. */
function runner(
  pool: ChildPool,
  options: ImageModelOptions,
  { provider, batchSize }: OpenReply,
  timeoutMs: number,
): ImageModel['run'] {
  const { width } = options.spec;
  const cropBytes = cropBytesOf(options.spec);

  async function runBatch(crops: readonly Crop[]): Promise<Float32Array> {
    const places = crops.map((crop) => (crop instanceof SharedBytes ? crop.position : null));
    const parts = crops.filter((crop) => crop instanceof Uint8Array);
    const request = { op: 'run', args: { device: provider, places }, parts };
    const { body } = await pool.request(request, { timeoutMs }).catch((thrown: unknown) => {
      throw runFailure(thrown, options);
    });
    return floatsOf(body);
  }

  return async (crops) => {
    const odd = crops.find((crop) => crop.byteLength !== cropBytes);
    if (odd)
      throw new RangeError(`A crop has ${odd.byteLength} bytes; the ${options.title} takes ${cropBytes}.`);
    const rows = new Float32Array(crops.length * width);
    const starts = Array.from({ length: Math.ceil(crops.length / batchSize) }, (_, i) => i * batchSize);
    await Promise.all(
      starts.map(async (start) =>
        rows.set(await runBatch(crops.slice(start, start + batchSize)), start * width),
      ),
    );
    return rows;
  };
}

function floatsOf(body: Frame['body']): Float32Array {
  return new Float32Array(body.buffer, body.byteOffset, body.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

function startFailure(thrown: unknown, { title, timeoutFlag, spec }: ImageModelOptions): unknown {
  if (!codeOf(thrown)?.startsWith('BB_CHILD_')) return thrown;
  const advice = codeOf(thrown) === 'BB_CHILD_TIMEOUT' ? ` Give it more time with ${timeoutFlag}.` : '';
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The ${title} ${spec.modelPath} could not be started: ${messageOf(thrown)}${advice}`,
    { cause: thrown, fields: { model: spec.modelPath } },
  );
}

function runFailure(thrown: unknown, { title, spec }: ImageModelOptions): unknown {
  if (codeOf(thrown) !== 'BB_CHILD_FAILED') return thrown;
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The ${title} ${spec.modelPath} failed: ${messageOf(thrown)}`,
    {
      cause: thrown,
      fields: { model: spec.modelPath },
    },
  );
}
