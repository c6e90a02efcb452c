import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { BoundedQueue } from '../base/queue.ts';
import type { Crop } from '../embed/image-model.ts';
import { batches } from './batcher.ts';
import type { CropsByModel } from './models.ts';
import type { ShardWork } from './shard-work.ts';

/** One row on its way. */
export interface Row {
  readonly work: ShardWork;
  readonly index: number;
}

/** A row whose image has become the models' crops. */
export interface DecodedRow extends Row {
  readonly crops: CropsByModel;
  /** Told once by each of the models that got the row: they need its crops no more. */
  readonly release: () => void;
}

/** A model's stage: what runs there, and whom it tells how rows ended. */
export interface ModelStageTools {
  /** For messages: "encoder". */
  readonly title: string;
  readonly batchSize: number;
  /** The flag that sets it. */
  readonly batchFlag: string;
  readonly batchesAtOnce: number;
  readonly cropOf: (row: DecodedRow) => Crop;
  /** What the model gives for crops: for each a run of as many values. */
  readonly run: (crops: readonly Crop[]) => Promise<Float32Array>;
  readonly settle: (batch: readonly DecodedRow[], values: Float32Array) => Promise<void>;
  /** Told of an image that the model fails at, also when it is given alone. */
  readonly refuse: (row: DecodedRow, error: unknown) => void;
  /** Told how long a batch took. */
  readonly took: (batch: readonly DecodedRow[], ms: number) => void;
  /** Told once of what ends the run. */
  readonly giveUp: (error: unknown) => void;
}

/** Each costs the run as long as the model's timeout. */
const MAX_HANGS_PER_BATCH = 3;

/** A queue of crops, from which batches go to a model; where one fails, only the images that are to blame. */
export class ModelStage {
  readonly queue: BoundedQueue<DecodedRow>;
  readonly #tools: ModelStageTools;
  #heldBytes = 0;

  constructor(tools: ModelStageTools) {
    this.#tools = tools;
    this.queue = new BoundedQueue(2 * tools.batchSize);
  }

  /** Bytes of the model's crops that wait here, or are with the model. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes a row, waiting for room. */
  push(row: DecodedRow): Promise<void> {
    this.#heldBytes += this.#tools.cropOf(row).byteLength;
    return this.queue.push(row);
  }

  /** Does what comes through the queue until that is closed. */
  async run(): Promise<void> {
    const running = new Set<Promise<void>>();
    for await (const batch of batches(this.queue, this.#tools.batchSize)) {
      // A failure must end the run at once: the next batch may never come.
      const job = this.#do(batch)
        .catch(this.#tools.giveUp)
        .finally(() => running.delete(job));
      running.add(job);
      if (running.size >= this.#tools.batchesAtOnce) await Promise.race(running);
    }
    await Promise.all(running);
  }

  async #do(batch: readonly DecodedRow[]): Promise<void> {
    const startedMs = performance.now();
    const values = await this.#runOrBlame(batch);
    this.#tools.took(batch, performance.now() - startedMs);
    if (values) await this.#tools.settle(batch, values);
    for (const row of batch) {
      this.#heldBytes -= this.#tools.cropOf(row).byteLength;
      row.release();
    }
  }

  /** Runs a batch; where it fails, its images one by one, so that only the guilty ones fail. */
  async #runOrBlame(batch: readonly DecodedRow[]): Promise<Float32Array | undefined> {
    const { run, cropOf, refuse } = this.#tools;
    try {
      return await run(batch.map(cropOf));
    } catch (thrown) {
      // A model that still works clears itself, and so the images are to blame.
      await this.#tryModel(cropOf(batch[0]!).byteLength);
      if (batch.length === 1) refuse(batch[0]!, thrown);
      else await this.#runOneByOne(batch);
      return undefined;
    }
  }

  /** @throws BowerbirdError BB_EMBED_FAILED where so many hang that the model must be at fault */
  async #runOneByOne(batch: readonly DecodedRow[]): Promise<void> {
    const { run, cropOf, settle, refuse, title } = this.#tools;
    let hangs = 0;
    for (const row of batch) {
      // What fails behind the model is not the image's fault.
      const values = await run([cropOf(row)]).catch((thrown: unknown): undefined => {
        if (codeOf(thrown) === 'BB_CHILD_START') throw lostError(this.#tools, thrown);
        if (codeOf(thrown) === 'BB_CHILD_TIMEOUT') hangs++;
        if (hangs > MAX_HANGS_PER_BATCH) throw hangingError(title, thrown);
        refuse(row, thrown);
      });
      if (values) await settle([row], values);
    }
  }

  /** @throws BowerbirdError BB_EMBED_FAILED where the model fails even on a black picture */
  async #tryModel(cropBytes: number): Promise<void> {
    try {
      await this.#tools.run([new Uint8Array(cropBytes)]);
    } catch (thrown) {
      throw lostError(this.#tools, thrown);
    }
  }
}

function hangingError(title: string, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The ${title} hangs at image after image: ${messageOf(cause)} Finished shards are kept. ` +
      'Try --device cpu, or more time with --encoder-timeout, then run the same command again.',
    { cause },
  );
}

function lostError({ title, batchFlag }: ModelStageTools, cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The ${title} failed on a batch, and then on a black picture: ${messageOf(cause)} ` +
      `Finished shards are kept. Try a smaller ${batchFlag} or --device cpu, then run the same command again.`,
    { cause },
  );
}
