import { ChildPool } from '../base/child-pool.ts';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import type { Frame } from '../base/frames.ts';
import type { EncoderFiles } from '../models/encoder-files.ts';
import { isBatchInvariant } from './batch-probe.ts';
import type { OpenReply, WorkerSettings } from './embed-worker.ts';
import type { Device } from './session.ts';

/** How to run an encoder. */
export interface EncoderOptions {
  readonly files: EncoderFiles;
  /** `auto` takes CUDA where it works, else the CPU; any other device is taken or refused. */
  readonly device: Device;
  /** Images per run of the model. A model with a batch size of its own keeps that. */
  readonly batchSize: number;
  /** Threads of one session on the CPU. */
  readonly threads: number;
  /** What loading the model, and one of the two batches that it is tried with, may take; 600,000 by default. */
  readonly timeoutMs?: number;
  /** Processes with a session each; 1 by default. */
  readonly sessions?: number;
  /** Told of every encoder process that died. */
  readonly onCrash?: (error: BowerbirdError) => void;
}

/** A vision model in processes of its own. */
export interface Encoder {
  /** Length of an embedding. */
  readonly dimension: number;
  /** The execution provider that was taken: `cpu`, `cuda`, ... */
  readonly provider: string;
  /** Images per run of the model. */
  readonly batchSize: number;
  /** Whether an image has the same embedding, bit for bit, wherever it stands in a batch and beside whatever. */
  readonly batchInvariant: boolean;
  /** Batches waiting for a session. */
  readonly queued: number;
  /**
   * Embeds RGB crops (uint8, inputSize * inputSize * 3, row major) into n * dimension float32, unit rows.
   * A row that the model made NaN or zero comes back as it is: see `rowProblem`.
   *
   * @throws BowerbirdError BB_CHILD_CRASHED or BB_CHILD_TIMEOUT where the images cost their processes, BB_CHILD_START
   * where none can be started, else BB_EMBED_FAILED
   */
  embed(crops: readonly Uint8Array[]): Promise<Float32Array>;
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
 * Loads an encoder and tries it out on seeded noise: it must give embeddings of the dimension in its manifest.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH, BB_DEVICE_UNAVAILABLE, or BB_EMBED_FAILED where it cannot be started
 */
export async function createEncoder(options: EncoderOptions): Promise<Encoder> {
  const { files, batchSize, threads, sessions = 1, timeoutMs = DEFAULT_TIMEOUT_MS, onCrash } = options;
  const { manifest, modelPath } = files;
  const settings: WorkerSettings = { modelPath, manifest, batchSize, threads };
  const pool = new ChildPool({
    name: 'encoder',
    script: new URL('./embed-worker.js', import.meta.url),
    settings,
    size: sessions,
    inFlightPerChild: BATCHES_PER_SESSION,
    timeoutMs,
    ...(onCrash ? { onCrash } : {}),
  });
  try {
    const startedMs = performance.now();
    const opened = await open(pool, options.device, sessions);
    const trial = embedder(pool, files, opened, timeoutMs);
    const batchInvariant = await isBatchInvariant(trial, opened.batchSize, manifest.inputSize);
    // A process that replaces another loads the model before its first batch, so the time for that is in it.
    const generousMs = BATCH_TIMEOUT_FACTOR * (performance.now() - startedMs);
    const batchTimeoutMs = Math.ceil(Math.min(timeoutMs, Math.max(MIN_BATCH_TIMEOUT_MS, generousMs)));
    return {
      dimension: manifest.dimension,
      ...opened,
      batchInvariant,
      embed: embedder(pool, files, opened, batchTimeoutMs),
      get queued() {
        return pool.queued;
      },
      stop: () => pool.stop(),
    };
  } catch (thrown) {
    await pool.stop();
    throw startFailure(thrown, modelPath);
  }
}

/** Opens one session to learn what device it takes, then each of them on the same. */
async function open(pool: ChildPool, device: Device, sessions: number): Promise<OpenReply> {
  const ask = async (wanted: Device): Promise<OpenReply> => {
    const { header } = await pool.request({ op: 'open', args: { device: wanted } });
    return header['values'] as OpenReply;
  };
  const first = await ask(device);
  await Promise.all(Array.from({ length: sessions }, () => ask(first.provider)));
  return first;
}

function startFailure(thrown: unknown, modelPath: string): unknown {
  if (!codeOf(thrown)?.startsWith('BB_CHILD_')) return thrown;
  const advice = codeOf(thrown) === 'BB_CHILD_TIMEOUT' ? ' Give it more time with --encoder-timeout.' : '';
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The encoder ${modelPath} could not be started: ${messageOf(thrown)}${advice}`,
    { cause: thrown, fields: { model: modelPath } },
  );
}

function embedder(
  pool: ChildPool,
  { manifest, modelPath }: EncoderFiles,
  opened: OpenReply,
  timeoutMs: number,
): Encoder['embed'] {
  const { dimension, inputSize } = manifest;
  const cropBytes = inputSize * inputSize * 3;

  async function embedBatch(crops: readonly Uint8Array[]): Promise<Float32Array> {
    const args = { device: opened.provider, count: crops.length };
    const request = { op: 'embed', args, parts: crops };
    const { body } = await pool.request(request, { timeoutMs }).catch((thrown: unknown) => {
      throw runFailure(thrown, modelPath);
    });
    return floatsOf(body);
  }

  return async (crops) => {
    const odd = crops.find((crop) => crop.byteLength !== cropBytes);
    if (odd) throw new RangeError(`A crop has ${odd.byteLength} bytes; the encoder takes ${cropBytes}.`);
    const rows = new Float32Array(crops.length * dimension);
    const starts = Array.from(
      { length: Math.ceil(crops.length / opened.batchSize) },
      (_, i) => i * opened.batchSize,
    );
    await Promise.all(
      starts.map(async (start) =>
        rows.set(await embedBatch(crops.slice(start, start + opened.batchSize)), start * dimension),
      ),
    );
    return rows;
  };
}

function floatsOf(body: Frame['body']): Float32Array {
  return new Float32Array(body.buffer, body.byteOffset, body.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

function runFailure(thrown: unknown, modelPath: string): unknown {
  if (codeOf(thrown) !== 'BB_CHILD_FAILED') return thrown;
  return new BowerbirdError('BB_EMBED_FAILED', `The encoder ${modelPath} failed: ${messageOf(thrown)}`, {
    cause: thrown,
    fields: { model: modelPath },
  });
}

/** What is wrong with an embedding: undefined for a unit row, else a line for a person. */
export function rowProblem(embeddings: Float32Array, row: number, dimension: number): string | undefined {
  let squares = 0;
  for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += embeddings[i]! * embeddings[i]!;
  if (Number.isNaN(squares) || squares === Number.POSITIVE_INFINITY) return 'The embedding is not finite.';
  // Float32 rows of some thousand elements are unit to within 1e-5; a zero row has norm 0.
  return Math.abs(squares - 1) > UNIT_TOLERANCE
    ? 'The embedding has no direction: its norm is zero.'
    : undefined;
}

const UNIT_TOLERANCE = 1e-3;
