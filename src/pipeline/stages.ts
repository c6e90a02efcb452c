import { BoundedQueue } from '../base/queue.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Encoder } from '../embed/encoder.ts';
import type { TagModel } from '../embed/tag-model.ts';
import type { Head } from '../heads/head.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { StageNumbers } from '../runs/stats.ts';
import { type SampleFailure, wasAsked } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import { limitClosing } from './closing-limit.ts';
import { embedStage } from './embed-stage.ts';
import { imageToSave } from './image-saving.ts';
import type { ModelStage, Row } from './model-stage.ts';
import { cropsByModel } from './models.ts';
import type { RowImage, RowSource, SourceTools } from './row-source.ts';
import { RowWindow } from './row-window.ts';
import type { ShardWork } from './shard-work.ts';
import { type Reading, StageWatch } from './stage-watch.ts';
import { StuckHosts } from './stuck-hosts.ts';
import { TagStage } from './tag-stage.ts';
import { wantsTag } from './wanted-tags.ts';

interface FetchedRow extends Row {
  readonly image: RowImage;
}

/** What the stages work with. */
export interface StageTools {
  /** Opens what the images of rows come from. */
  readonly openSource: (tools: SourceTools) => RowSource;
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  readonly tagModels: readonly TagModel[];
  /** Whether image models also score rows to which the input gives their tag. */
  readonly recomputeTags: boolean;
  readonly decodesAtOnce: number;
  readonly batchSize: number;
  readonly batchesAtOnce: number;
  readonly signal: AbortSignal;
  /** Aborts when the run is told to close. */
  readonly closing: AbortSignal;
  /** The time of one row; what has not ended that long after the run was told to close is given up. */
  readonly rowLimitMs: number;
  /** The flag that says so. */
  readonly rowLimitFlag: '--timeout' | '--grace';
  readonly progress: ScoreProgress;
}

/**
 * Rows that may wait for their hosts. One that hangs, with thousands of rows one after the other, is not to hide the
 * hosts behind it; a waiting row costs 1.8 to 2.4 KB in the downloader.
 */
export const WINDOW_ROWS = 32_768;

/** Hosts at which requests hang that are looked at each time. */
const MOST_HANGING = 3;

/** How often it is looked at which stage is behind, and which hosts are waited for. */
const LOOK_MS = 1_000;

/**
 * Fetch, decode and embed, joined by bounded queues: the slowest stage sets the pace and the queue before it
 * is the full one. Rows go in by `push` in input order and end, in any order, in their shard's `ShardWork`.
 */
export class Stages {
  readonly #tools: StageTools;
  readonly #window = new RowWindow(WINDOW_ROWS);
  readonly #toDecode: BoundedQueue<FetchedRow>;
  readonly #embedding: ModelStage;
  readonly #tagging: readonly TagStage[];
  readonly #source: RowSource;
  readonly #stageWatch = new StageWatch();
  readonly #stuckHosts: StuckHosts;
  readonly #works = new Set<ShardWork>();
  #reading: Reading = 'awaited';
  readonly #running: Promise<void>;
  readonly #broken: Promise<never>;
  #giveUp: (error: unknown) => void = () => undefined;

  constructor(tools: StageTools) {
    this.#tools = tools;
    this.#toDecode = new BoundedQueue(2 * tools.decodesAtOnce);
    this.#source = tools.openSource({
      ...tools,
      draw: () => this.#drawUrl(),
      fail: (row, failure) => this.#fail(row, failure),
      retry: (row) => this.#begin(row),
      giveUp: (error) => this.#giveUp(error),
    });
    this.#stuckHosts = new StuckHosts((most) => this.#source.waitingHosts(most), performance.now());
    this.#broken = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.#embedding = embedStage({
      ...tools,
      settled: () => {
        tools.progress.succeeded++;
      },
      fail: (row, failure) => this.#fail(row, failure),
      giveUp: (error) => this.#giveUp(error),
    });
    this.#tagging = tools.tagModels.map(
      (model) => new TagStage({ ...tools, model, giveUp: (error) => this.#giveUp(error) }),
    );
    tools.progress.watchQueues({
      download: this.#window,
      decode: this.#toDecode,
      embed: this.#embedding.queue,
      ...Object.fromEntries(this.#tagging.map(({ model, stage }) => [model.tag, stage.queue])),
    });
    this.#running = this.#run();
    // Whoever waits for a shard or for `finish` gets the error; nobody may be waiting yet.
    this.#running.catch(() => undefined);
  }

  /** Rows that each stage can work on at the same time, now. */
  get slots(): StageNumbers {
    const { decodesAtOnce, batchesAtOnce, batchSize, tagModels } = this.#tools;
    const tag = tagModels.reduce((sum, model) => sum + batchesAtOnce * model.batchSize, 0);
    return {
      download: this.#source.width,
      decode: decodesAtOnce,
      embed: batchesAtOnce * batchSize,
      ...(tag > 0 && { tag }),
    };
  }

  /** Gives a row to the source, waiting while too many wait there. */
  async push(work: ShardWork, index: number): Promise<void> {
    this.#reading = 'awaited';
    if (!this.#works.has(work)) {
      this.#works.add(work);
      void work.completed.then(() => this.#works.delete(work));
    }
    if (await this.#window.room()) this.#begin({ work, index });
  }

  /** Rejects as soon as a stage has failed for good (not a sample: those end as values). */
  get failure(): Promise<never> {
    return this.#running.then(() => new Promise<never>(() => undefined));
  }

  /** Closes the entrance and waits until all rows have ended. */
  async finish(): Promise<void> {
    this.#toDecode.close();
    await this.#running;
    this.#source.finish();
    const sentence = this.#stageWatch.describe();
    const unscored = this.#tagging.map((stage) => stage.describeUnscored());
    for (const note of [sentence, ...unscored]) if (note) this.#tools.progress.note(note);
  }

  /** Ends whatever is being fetched, and the stages where they still wait for rows. */
  async close(): Promise<void> {
    this.#giveUp(new Error('the run was given up'));
    await this.#source.close();
  }

  /** Told by whoever pushes rows: no more will come before a shard is complete, or none at all. */
  expectNoRows(reading: Exclude<Reading, 'awaited'>): void {
    this.#reading = reading;
    this.#noticeIdle();
  }

  #noticeIdle(): void {
    if (this.#reading === 'awaited' || this.#window.size > 0) return;
    this.#source.idle();
  }

  #drawUrl(): string | undefined {
    const works = [...this.#works];
    const urls = works[Math.floor(Math.random() * works.length)]?.shard.urls;
    return urls?.[Math.floor(Math.random() * urls.length)] ?? undefined;
  }

  #look(): void {
    const { progress } = this.#tools;
    // A pause is nobody's slowness.
    if (progress.pausedAtMs !== undefined) {
      this.#stuckHosts.pause(performance.now());
      progress.stuckHosts = [];
      return;
    }
    const levels = { rows: this.#window.size, decode: this.#toDecode, embed: this.#embedding.queue };
    this.#stageWatch.look({
      ...levels,
      tags: this.#tagging.map(({ stage }) => stage.queue),
      reading: this.#reading,
      requests: this.#source.requestsInFlight,
      isFull: this.#source.isFull,
      isShortOfMemory: this.#source.isShortOfMemory,
      hanging: this.#source.hangingRequests(MOST_HANGING),
      held: {
        images: this.#source.heldBytes,
        crops: this.#modelStages.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
        embeddings: [...this.#works].reduce((sum, { embeddings }) => sum + embeddings.byteLength, 0),
      },
    });
    const isHungry = levels.decode.size === 0 && levels.embed.size < levels.embed.capacity;
    const { ended } = progress;
    progress.stuckHosts = this.#stuckHosts.look({ rows: levels.rows, ended, isHungry }, performance.now());
  }

  async #run(): Promise<void> {
    const looks = setInterval(() => this.#look(), LOOK_MS);
    const lift = limitClosing({
      closing: this.#tools.closing,
      rowLimitMs: this.#tools.rowLimitMs,
      rowLimitFlag: this.#tools.rowLimitFlag,
      openShards: () => this.#works.size,
      giveUp: (error) => this.#giveUp(error),
    });
    try {
      const crews = Promise.all([
        crew(this.#tools.decodesAtOnce, this.#toDecode, (row) => this.#decode(row)).then(() => {
          for (const { queue } of this.#modelStages) queue.close();
        }),
        ...this.#modelStages.map((stage) => stage.run()),
      ]);
      await Promise.race([crews, this.#broken]);
    } finally {
      clearInterval(looks);
      lift();
      this.#tools.progress.stuckHosts = [];
      this.#window.close();
      for (const { queue } of [{ queue: this.#toDecode }, ...this.#modelStages]) queue.close();
    }
  }

  #begin(row: Row): void {
    this.#window.enter();
    this.#fetch(row).catch((error) => this.#giveUp(error));
  }

  async #fetch(row: Row): Promise<void> {
    const image = await this.#source.fetch(row);
    this.#window.leave();
    this.#noticeIdle();
    if (!image) return;
    this.#tools.progress.downloadedBytes += image.bytes.length;
    await this.#toDecode.push({ ...row, image });
  }

  async #decode({ work, index, image }: FetchedRow): Promise<void> {
    const startedMs = performance.now();
    const { decoder, tagModels, recomputeTags } = this.#tools;
    let outcome: Awaited<ReturnType<Decoder['decodeToShare']>>;
    try {
      outcome = await decoder.decodeToShare(image.bytes, work.expectedDigests[index]);
      work.times.decodeMs += performance.now() - startedMs;
      if (outcome.kind === 'decoded') await work.images?.put(index, imageToSave(outcome, image.bytes));
    } finally {
      image.release();
    }
    work.facts[index] = outcome.facts;
    if (outcome.kind === 'failed') return this.#fail({ work, index }, outcome);
    const wanted = this.#tagging.filter(({ model }) => wantsTag(work, index, model.tag, recomputeTags));
    work.decoded(index, outcome.width, outcome.height, 1 + wanted.length);
    const stages = [this.#embedding, ...wanted.map(({ stage }) => stage)];
    const release = afterTimes(stages.length, () => outcome.release());
    const row = { work, index, crops: cropsByModel(outcome.crops, tagModels), release };
    await Promise.all(stages.map((stage) => stage.push(row)));
  }

  get #modelStages(): readonly ModelStage[] {
    return [this.#embedding, ...this.#tagging.map(({ stage }) => stage)];
  }

  #fail({ work, index }: Row, failure: SampleFailure): void {
    // When the run is given up its tools are taken away: that is no fault of the row, which stays to be done.
    if (this.#tools.signal.aborted) return;
    if (failure.reason === 'address_refused' && !this.#tools.progress.reasons.address_refused)
      this.#tools.progress.note(REFUSED_NOTE);
    const before = wasAsked(failure) ? undefined : work.leftAsBefore(index);
    if (!before) work.failed(index, failure);
    this.#tools.progress.countFailure((before ?? failure).reason);
  }
}

const REFUSED_NOTE =
  'A host has only loopback, private or otherwise not public addresses; its rows fail as address_refused. ' +
  '--allow-private-addresses lets such hosts be asked, and --retry-failed --retry-reasons address_refused tries these rows again.';

/** To be called so many times; the last call does it. */
function afterTimes(times: number, act: () => void): () => void {
  let left = times;
  return () => {
    if (--left === 0) act();
  };
}

/** Runs `size` workers over a queue until it ends. The first that throws ends them all. */
async function crew<T>(size: number, queue: BoundedQueue<T>, job: (item: T) => Promise<void>): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) await job(item);
  };
  await Promise.all(Array.from({ length: size }, worker));
}
