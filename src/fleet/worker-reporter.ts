import type { ScoreProgress } from '../runs/progress.ts';
import type { ShardStats } from '../runs/stats.ts';
import type { FailureReason } from '../samples/reasons.ts';
import { type WorkerNews, writeNews } from './worker-news.ts';

const TELL_MS = 5000;
/** Rates are of this much of the recent past. */
const RATE_MS = 60_000;

/** Takes the news of a worker to wherever others look for them. */
export type Tell = (news: WorkerNews) => Promise<void>;

/** Counts what a worker does, and tells of it every few seconds. What cannot be told is no reason to stop working. */
export class WorkerReporter {
  readonly #name: string;
  readonly #progress: ScoreProgress;
  readonly #startedAtMs = Date.now();
  readonly #inHand = new Set<number>();
  readonly #shards = { committed: 0, lost: 0 };
  readonly #rows = { succeeded: 0, failed: 0 };
  readonly #reasons: Partial<Record<FailureReason, number>> = {};
  readonly #listeners: Tell[];
  readonly #recent: { readonly atMs: number; readonly rows: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #told: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  /** @param folder of the worker, which its news are written into */
  constructor(name: string, folder: string, progress: ScoreProgress) {
    this.#name = name;
    this.#progress = progress;
    this.#listeners = [(news) => writeNews(folder, news)];
    this.#timer = setInterval(() => void this.tell(), TELL_MS);
    this.#timer.unref();
  }

  /** Has news taken to another place too. */
  alsoTo(tell: Tell): void {
    this.#listeners.push(tell);
  }

  began(shardIds: readonly number[]): void {
    for (const id of shardIds) this.#inHand.add(id);
  }

  /** A shard was committed; `isOurs`: not by another. */
  committed({ shard_id, count, successes, reasons }: ShardStats, isOurs: boolean): void {
    this.#inHand.delete(shard_id);
    this.#shards[isOurs ? 'committed' : 'lost']++;
    if (!isOurs) return;
    this.#rows.succeeded += successes;
    this.#rows.failed += count - successes;
    for (const [reason, rows] of Object.entries(reasons) as [FailureReason, number][])
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + rows;
  }

  /** Shards that it works on no more, however they ended. */
  putDown(shardIds: readonly number[]): void {
    for (const id of shardIds) this.#inHand.delete(id);
  }

  get news(): WorkerNews {
    return {
      ...{ format: 'bowerbird-worker', version: 1, worker: this.#name },
      started_at: this.#startedAtMs / 1000,
      has_ended: this.#hasEnded,
      in_hand: [...this.#inHand],
      ...{ shards: { ...this.#shards }, rows: { ...this.#rows }, reasons: { ...this.#reasons } },
      downloaded_bytes: this.#progress.downloadedBytes,
      rows_per_second: this.#rowsPerSecond(),
    };
  }

  /** Tells now. */
  async tell(): Promise<void> {
    const now = { atMs: Date.now(), rows: this.#progress.ended };
    this.#recent.push(now);
    while (this.#recent.length > 2 && now.atMs - this.#recent[1]!.atMs >= RATE_MS) this.#recent.shift();
    const { news } = this;
    // One after the other: what is told last is what stands.
    this.#told = this.#told.then(() => Promise.allSettled(this.#listeners.map((tell) => tell(news))));
    await this.#told;
  }

  /** Tells once more, and then nothing. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.tell();
  }

  #rowsPerSecond(): number {
    const [first] = this.#recent;
    const seconds = first ? (Date.now() - first.atMs) / 1000 : 0;
    // Rows of shards that were given up are counted no more.
    return seconds > 0 ? Math.max(0, this.#progress.ended - first!.rows) / seconds : 0;
  }
}
