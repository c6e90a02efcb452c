import type { StuckHost } from '../runs/progress.ts';

/** What is known at one moment of the rows that the downloader has. */
export interface WaitLevels {
  /** Rows that wait for a host, or for its answer. */
  readonly rows: number;
  /** Rows that have ended so far. */
  readonly ended: number;
  /** Whether the stages behind wait for images: else it is not the hosts that are waited for. */
  readonly isHungry: boolean;
}

/** Hosts that are named at most. */
const MOST_NAMED = 3;
/** A few hosts are waited for when they have so many of the rows. */
const FEW_SHARE = 0.5;
/** So long they must have had them. */
const FEW_MS = 10_000;
/** So long nothing must have ended, wherever the rows are. */
const STILL_MS = 5_000;

/** Looks now and then for hosts that a run waits for: a few that have most of the rows, or any where nothing moves. */
export class StuckHosts {
  readonly #waitingHosts: (most: number) => readonly StuckHost[];
  #ended = 0;
  #movedAtMs: number;
  /** Since when a few hosts have most of the rows. */
  #fewSinceMs: number | undefined;

  /** @param waitingHosts gives the hosts with the most waiting rows */
  constructor(waitingHosts: (most: number) => readonly StuckHost[], nowMs: number) {
    this.#waitingHosts = waitingHosts;
    this.#movedAtMs = nowMs;
  }

  /** The hosts that are to be named now. */
  look({ rows, ended, isHungry }: WaitLevels, nowMs: number): readonly StuckHost[] {
    if (ended !== this.#ended || rows === 0) this.#movedAtMs = nowMs;
    this.#ended = ended;
    if (rows === 0 || !isHungry) {
      this.#fewSinceMs = undefined;
      return [];
    }
    const hosts = this.#waitingHosts(MOST_NAMED);
    const waiting = hosts.reduce((sum, host) => sum + host.rows, 0);
    if (waiting < FEW_SHARE * rows) this.#fewSinceMs = undefined;
    else this.#fewSinceMs ??= nowMs;
    const areFew = this.#fewSinceMs !== undefined && nowMs - this.#fewSinceMs >= FEW_MS;
    return areFew || nowMs - this.#movedAtMs >= STILL_MS ? hosts : [];
  }

  /** Downloads are paused: that is no host's fault. */
  pause(nowMs: number): void {
    this.#fewSinceMs = undefined;
    this.#movedAtMs = nowMs;
  }
}
