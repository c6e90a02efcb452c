import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { BoundedQueue } from '../base/queue.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Downloaded, Downloader } from '../download/downloader.ts';
import { type Encoder, rowProblem } from '../embed/encoder.ts';
import type { Head } from '../heads/head.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { StageNumbers } from '../runs/stats.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import { batches } from './batcher.ts';
import { OutageWatch } from './outage.ts';
import type { ShardWork } from './shard-work.ts';

/** One row on its way. */
interface Row {
  readonly work: ShardWork;
  readonly index: number;
}
interface DownloadedRow extends Row {
  readonly image: Downloaded;
}
interface DecodedRow extends Row {
  readonly crop: Uint8Array;
}

/** What the stages work with. */
export interface StageTools {
  readonly downloader: Downloader;
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  readonly downloadsAtOnce: number;
  readonly decodesAtOnce: number;
  readonly batchSize: number;
  readonly batchesAtOnce: number;
  /** How long downloads may be paused while no host answers; 0 for never. */
  readonly outageLimitMs: number;
  readonly signal: AbortSignal;
  /** Aborts when the run is told to close. */
  readonly closing: AbortSignal;
  readonly progress: ScoreProgress;
}

/**
 * Download, decode and embed, joined by bounded queues: the slowest stage sets the pace and the queue before it
 * is the full one. Rows go in by `push` in input order and end, in any order, in their shard's `ShardWork`.
 */
export class Stages {
  readonly #tools: StageTools;
  readonly #toDownload: BoundedQueue<Row>;
  readonly #toDecode: BoundedQueue<DownloadedRow>;
  readonly #toEmbed: BoundedQueue<DecodedRow>;
  readonly #outage: OutageWatch<Row>;
  readonly #works = new Set<ShardWork>();
  #expectsRows = true;
  readonly #running: Promise<void>;
  readonly #broken: Promise<never>;
  #giveUp: (error: unknown) => void = () => undefined;

  constructor(tools: StageTools) {
    this.#tools = tools;
    this.#toDownload = new BoundedQueue(tools.downloadsAtOnce);
    this.#toDecode = new BoundedQueue(2 * tools.decodesAtOnce);
    this.#toEmbed = new BoundedQueue(2 * tools.batchSize);
    tools.progress.watchQueues({ download: this.#toDownload, decode: this.#toDecode, embed: this.#toEmbed });
    this.#broken = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.#outage = new OutageWatch({
      downloader: tools.downloader,
      progress: tools.progress,
      limitMs: tools.outageLimitMs,
      draw: () => this.#drawUrl(),
      fail: (row, failure) => this.#fail(row, failure),
      retry: (row) => this.#toDownload.giveBack(row),
      giveUp: (error) => this.#giveUp(error),
      signal: tools.signal,
      closing: tools.closing,
    });
    this.#running = this.#run();
    // Whoever waits for a shard or for `finish` gets the error; nobody may be waiting yet.
    this.#running.catch(() => undefined);
  }

  /** Rows that each stage can work on at the same time. */
  get slots(): StageNumbers {
    const { downloadsAtOnce, decodesAtOnce, batchesAtOnce, batchSize } = this.#tools;
    return { download: downloadsAtOnce, decode: decodesAtOnce, embed: batchesAtOnce * batchSize };
  }

  /** Queues a row for download, waiting while the queue is full. */
  push(work: ShardWork, index: number): Promise<void> {
    this.#expectsRows = true;
    if (!this.#works.has(work)) {
      this.#works.add(work);
      void work.completed.then(() => this.#works.delete(work));
    }
    return this.#toDownload.push({ work, index });
  }

  /** Rejects as soon as a stage has failed for good (not a sample: those end as values). */
  get failure(): Promise<never> {
    return this.#running.then(() => new Promise<never>(() => undefined));
  }

  /** Closes the entrance and waits until all rows have ended. */
  async finish(): Promise<void> {
    this.#toDownload.close();
    await this.#running;
    this.#outage.finish();
  }

  /** Told by whoever pushes rows: no more will come before a shard is complete. */
  expectNoRows(): void {
    this.#expectsRows = false;
    this.#noticeIdle();
  }

  #noticeIdle(): void {
    if (this.#expectsRows || this.#toDownload.size > 0 || this.#tools.progress.downloading > 0) return;
    this.#outage.idle();
  }

  #drawUrl(): string | undefined {
    const works = [...this.#works];
    const urls = works[Math.floor(Math.random() * works.length)]?.shard.urls;
    return urls?.[Math.floor(Math.random() * urls.length)] ?? undefined;
  }

  async #run(): Promise<void> {
    try {
      const crews = Promise.all([
        crew(this.#tools.downloadsAtOnce, this.#toDownload, (row) => this.#download(row)).then(() =>
          this.#toDecode.close(),
        ),
        crew(this.#tools.decodesAtOnce, this.#toDecode, (row) => this.#decode(row)).then(() =>
          this.#toEmbed.close(),
        ),
        this.#embedAll(),
      ]);
      await Promise.race([crews, this.#broken]);
    } finally {
      for (const queue of [this.#toDownload, this.#toDecode, this.#toEmbed]) queue.close();
    }
  }

  async #download(row: Row): Promise<void> {
    await this.#outage.gate;
    const { downloader, signal, progress } = this.#tools;
    const startedMs = performance.now();
    const url = row.work.shard.urls[row.index] ?? null;
    progress.downloading++;
    const outcome = await downloader.download(url, signal);
    progress.downloading--;
    row.work.times.downloadMs += performance.now() - startedMs;
    if (outcome.kind === 'failed') this.#outage.failed(row, url, outcome);
    else this.#outage.succeeded(url!);
    this.#noticeIdle();
    if (outcome.kind === 'failed') return;
    progress.downloadedBytes += outcome.bytes.length;
    await this.#toDecode.push({ ...row, image: outcome });
  }

  async #decode({ work, index, image }: DownloadedRow): Promise<void> {
    const startedMs = performance.now();
    const outcome = await this.#tools.decoder.decode(image.bytes).finally(() => image.release());
    work.times.decodeMs += performance.now() - startedMs;
    if (outcome.kind === 'failed') return this.#fail({ work, index }, outcome);
    work.decoded(index, outcome.width, outcome.height);
    await this.#toEmbed.push({ work, index, crop: outcome.crop });
  }

  async #embedAll(): Promise<void> {
    const running = new Set<Promise<void>>();
    for await (const batch of batches(this.#toEmbed, this.#tools.batchSize)) {
      // A failure must end the run at once: the next batch may never come.
      const job = this.#embed(batch)
        .catch(this.#giveUp)
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
      return await this.#tools.encoder.embed(batch.map((row) => row.crop));
    } catch (thrown) {
      // An encoder that still works clears itself, and so the images are to blame.
      await this.#tryEncoder(batch[0]!.crop.length);
      if (batch.length === 1) this.#fail(batch[0]!, encoderFailure(thrown));
      else await this.#embedOneByOne(batch);
      return undefined;
    }
  }

  /** @throws BowerbirdError BB_EMBED_FAILED where so many hang that the encoder must be at fault */
  async #embedOneByOne(batch: readonly DecodedRow[]): Promise<void> {
    let hangs = 0;
    for (const row of batch) {
      try {
        this.#settleBatch([row], await this.#tools.encoder.embed([row.crop]));
      } catch (thrown) {
        if (codeOf(thrown) === 'BB_CHILD_START') throw noEncoderError(thrown);
        if (codeOf(thrown) === 'BB_CHILD_TIMEOUT') hangs++;
        if (hangs > MAX_HANGS_PER_BATCH) throw hangingEncoderError(thrown);
        this.#fail(row, encoderFailure(thrown));
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
    this.#fail(row, { kind: 'failed', reason: 'embedding_invalid', message: problem });
  }

  #settle({ work, index, crop }: DecodedRow, embedding: Float32Array): void {
    if (work.headScores.aesthetic) work.picker?.offer(index, work.headScores.aesthetic[index]!, crop);
    work.embedded(index, embedding);
    this.#tools.progress.succeeded++;
  }

  #fail({ work, index }: Row, failure: SampleFailure): void {
    // When the run is given up its tools are taken away: that is no fault of the row, which stays to be done.
    if (this.#tools.signal.aborted) return;
    if (failure.reason === 'address_refused' && !this.#tools.progress.reasons.address_refused)
      this.#tools.progress.note(REFUSED_NOTE);
    work.failed(index, failure);
    this.#tools.progress.countFailure(failure.reason);
  }
}

const REFUSED_NOTE =
  'A host has only loopback, private or otherwise not public addresses; its rows fail as address_refused. ' +
  '--allow-private-addresses lets such hosts be asked, and with --retry-failed these rows are tried again.';

/** Each costs the run as long as the encoder's timeout. */
const MAX_HANGS_PER_BATCH = 3;

/** Runs `size` workers over a queue until it ends. The first that throws ends them all. */
async function crew<T>(size: number, queue: BoundedQueue<T>, job: (item: T) => Promise<void>): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) await job(item);
  };
  await Promise.all(Array.from({ length: size }, worker));
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
