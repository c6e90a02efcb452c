import type { ScoreProgress } from '../runs/progress.ts';
import { cpuSeconds } from './cpu-time.ts';

const LOOK_MS = 50;

/** How far a sample was at a moment. */
export interface Reading {
  /** Of a clock that never goes back. */
  readonly atMs: number;
  /** Rows that had ended. */
  readonly rows: number;
  /** CPU seconds of all processes so far; undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined;
}

/** Looks at a run twenty times a second, from when its first shard is opened. */
export class Readings {
  readonly #progress: ScoreProgress;
  readonly #taken: Reading[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(progress: ScoreProgress) {
    this.#progress = progress;
    this.#take();
    this.#timer = setInterval(() => this.#take(), LOOK_MS);
  }

  /** Looks a last time; gives all readings. */
  stop(): readonly Reading[] {
    clearInterval(this.#timer);
    this.#take();
    return this.#taken;
  }

  #take(): void {
    this.#taken.push({ atMs: performance.now(), rows: this.#progress.ended, cpuSeconds: cpuSeconds() });
  }
}
