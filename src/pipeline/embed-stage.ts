import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { BoundedQueue } from '../base/queue.ts';
import { type Encoder, rowProblem } from '../embed/encoder.ts';
import type { Head } from '../heads/head.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
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
}

/** What the stage works with, and whom it tells how rows ended. */
export interface EmbedStageTools {
  readonly encoder: Encoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  readonly batchSize: number;
  readonly batchesAtOnce: number;
  readonly settled: () => void;
  readonly fail: (row: Row, failure: SampleFailure) => void;
  /** Told once of what ends the run. */
  readonly giveUp: (error: unknown) => void;
}

/** Each costs the run as long as the encoder's timeout. */
const MAX_HANGS_PER_BATCH = 3;

/** The encoder's stage: a queue of crops, from which batches go to the encoder and their embeddings to the heads. */
export class EmbedStage {
  readonly queue: BoundedQueue<DecodedRow>;
  readonly #tools: EmbedStageTools;
  #heldBytes = 0;

  constructor(tools: EmbedStageTools) {
    this.#tools = tools;
    this.queue = new BoundedQueue(2 * tools.batchSize);
  }

  /** Bytes of the crops that wait here, or are being embedded. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes a row, waiting for room. */
  push(row: DecodedRow): Promise<void> {
    this.#heldBytes += cropBytes(row);
    return this.queue.push(row);
  }

  /** Embeds what comes through the queue until that is closed. */
  async run(): Promise<void> {
    const running = new Set<Promise<void>>();
    for await (const batch of batches(this.queue, this.#tools.batchSize)) {
      // A failure must end the run at once: the next batch may never come.
      const job = this.#embed(batch)
        .catch(this.#tools.giveUp)
        .finally(() => running.delete(job));
      running.add(job);
      if (running.size >= this.#tools.batchesAtOnce) await Promise.race(running);
    }
    await Promise.all(running);
  }

  async #embed(batch: readonly DecodedRow[]): Promise<void> {
    const startedMs = performance.now();
    const embeddings = await this.#embedOrBlame(batch);
    const tookMs = performance.now() - startedMs;
    for (const { work } of batch) work.times.embedMs += tookMs;
    if (embeddings) this.#settleBatch(batch, embeddings);
    for (const row of batch) this.#heldBytes -= cropBytes(row);
  }

  #settleBatch(batch: readonly DecodedRow[], embeddings: Float32Array): void {
    const { encoder, heads } = this.#tools;
    for (const [tag, head] of Object.entries(heads) as [Tag, Head][]) {
      const scores = head.score(embeddings, batch.length);
      // The score is the float32 that is published: whoever reads the tags comes to the same verdict and bucket.
      for (const [i, { work, index }] of batch.entries())
        work.headScores[tag]![index] = Math.fround(scores[i]!);
    }
    for (const [i, row] of batch.entries()) {
      const problem = rowProblem(embeddings, i, encoder.dimension);
      if (problem) this.#refuse(row, problem);
      else this.#settle(row, embeddings.subarray(i * encoder.dimension, (i + 1) * encoder.dimension));
    }
  }

  /** Embeds a batch; where it fails, its images one by one, so that only the guilty ones fail. */
  async #embedOrBlame(batch: readonly DecodedRow[]): Promise<Float32Array | undefined> {
    try {
      return await this.#tools.encoder.embed(batch.map((row) => row.crops.encoder));
    } catch (thrown) {
      // An encoder that still works clears itself, and so the images are to blame.
      await this.#tryEncoder(batch[0]!.crops.encoder.length);
      if (batch.length === 1) this.#tools.fail(batch[0]!, encoderFailure(thrown));
      else await this.#embedOneByOne(batch);
      return undefined;
    }
  }

  /** @throws BowerbirdError BB_EMBED_FAILED where so many hang that the encoder must be at fault */
  async #embedOneByOne(batch: readonly DecodedRow[]): Promise<void> {
    let hangs = 0;
    for (const row of batch) {
      try {
        this.#settleBatch([row], await this.#tools.encoder.embed([row.crops.encoder]));
      } catch (thrown) {
        if (codeOf(thrown) === 'BB_CHILD_START') throw noEncoderError(thrown);
        if (codeOf(thrown) === 'BB_CHILD_TIMEOUT') hangs++;
        if (hangs > MAX_HANGS_PER_BATCH) throw hangingEncoderError(thrown);
        this.#tools.fail(row, encoderFailure(thrown));
      }
    }
  }

  /** @throws BowerbirdError BB_EMBED_FAILED where the encoder cannot even embed a black picture */
  async #tryEncoder(cropBytes: number): Promise<void> {
    try {
      await this.#tools.encoder.embed([new Uint8Array(cropBytes)]);
    } catch (thrown) {
      throw noEncoderError(thrown);
    }
  }

  #refuse(row: DecodedRow, problem: string): void {
    for (const scores of Object.values(row.work.headScores)) scores[row.index] = Number.NaN;
    this.#tools.fail(row, { kind: 'failed', reason: 'embedding_invalid', message: problem });
  }

  #settle({ work, index, crops }: DecodedRow, embedding: Float32Array): void {
    if (work.headScores.aesthetic)
      work.picker?.offer(index, work.headScores.aesthetic[index]!, crops.encoder);
    work.embedded(index, embedding);
    this.#tools.settled();
  }
}

function cropBytes({ crops }: DecodedRow): number {
  return Object.values(crops).reduce((sum: number, crop: Uint8Array) => sum + crop.length, 0);
}

function encoderFailure(thrown: unknown): SampleFailure<'encoder_crashed' | 'encoder_failed'> {
  const crashed = codeOf(thrown) === 'BB_CHILD_CRASHED' || codeOf(thrown) === 'BB_CHILD_TIMEOUT';
  return {
    kind: 'failed',
    reason: crashed ? 'encoder_crashed' : 'encoder_failed',
    message: crashed ? 'The encoder process ended while it worked on this image' : messageOf(thrown),
  };
}

function hangingEncoderError(cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The encoder hangs at image after image: ${messageOf(cause)} Finished shards are kept. ` +
      'Try --device cpu, or more time with --encoder-timeout, then run the same command again.',
    { cause },
  );
}

function noEncoderError(cause: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The encoder failed on a batch, and then on a black picture: ${messageOf(cause)} ` +
      'Finished shards are kept. Try a smaller --batch-size or --device cpu, then run the same command again.',
    { cause },
  );
}
