import type { Slots } from './schedule.ts';

/** Fewer images than this may always wait to be worked on, however few requests are allowed at once. */
const LEAST_IMAGES = 256;

/**
 * Bounds the requests in flight, and the images that have come and are not yet worked on: who works on them is behind
 * when there are as many of them as of requests.
 */
export class RequestSlots implements Slots {
  readonly #width: number;
  #requests = 0;
  #images = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get inFlight(): number {
    return this.#requests;
  }

  hasRoom(): boolean {
    return this.#requests < this.#width && this.#images < Math.max(LEAST_IMAGES, this.#width);
  }

  take(): () => void {
    this.#requests++;
    return () => this.#requests--;
  }

  /** An image has come, and is kept until what this gives is called. */
  keep(): () => void {
    this.#images++;
    return () => this.#images--;
  }
}
