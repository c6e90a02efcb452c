import { performance } from 'node:perf_hooks';
import type { Clock } from '../base/clock.ts';

/** How many requests are in flight while nothing is known yet. */
export const FIRST_WIDTH = 256;

const STEP_MS = 500;
const WIDER = 1.25;
const NARROWER = 0.8;
/** Below this share of its time this process could ask for more; above the other it is late with everything. */
const FREE_SHARE = 0.75;
const OVERLOADED_SHARE = 0.97;

/** What is looked at to find the width. */
export interface Load {
  /** The share of time in which this process was busy since the last call, 0 to 1. */
  readonly busyShare: () => number;
  /** Whether whoever works on the images has nearly none left. */
  readonly isHungry: () => boolean;
}

/**
 * Finds how many requests should be in flight. Wider, where all were in use, the next stage was hungry, and this process had time
 * to spare: then it is the hosts' latency that is waited for. Narrower again, where this process is too busy to listen.
 */
export class WidthControl {
  readonly #most: number;
  readonly #load: Load;
  readonly #clock: Clock;
  #width: number;
  #nextStepMs: number;

  constructor(most: number, load: Load, clock: Clock) {
    this.#most = most;
    this.#load = load;
    this.#clock = clock;
    this.#width = Math.min(FIRST_WIDTH, most);
    this.#nextStepMs = clock.nowMs() + STEP_MS;
  }

  get width(): number {
    return this.#width;
  }

  /** Told whenever a request would begin but for the width. */
  full(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#nextStepMs) return;
    this.#nextStepMs = nowMs + STEP_MS;
    this.#step();
  }

  #step(): void {
    const busyShare = this.#load.busyShare();
    if (busyShare > OVERLOADED_SHARE) {
      this.#width = Math.max(Math.min(FIRST_WIDTH, this.#most), Math.floor(this.#width * NARROWER));
    } else if (busyShare < FREE_SHARE && this.#load.isHungry()) {
      this.#width = Math.min(this.#most, Math.ceil(this.#width * WIDER));
    }
  }
}

/** The busy share of this thread's event loop since the last call. */
export function eventLoopShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
