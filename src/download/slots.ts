import type { BodyBudget } from './body-budget.ts';
import type { Slots } from './schedule.ts';

/** Fewer images than this may always wait to be worked on, however few requests are allowed at once. */
const LEAST_IMAGES = 256;

/**
 * Bounds the requests in flight, by their number and by the memory that their images will need, and the images that have
 * come and are not yet worked on: who works on them is behind when there are as many of them as of requests.
 */
export class RequestSlots implements Slots {
  readonly #width: number;
  readonly #budget: Pick<BodyBudget, 'hasRoom'>;
  #requests = 0;
  #images = 0;

  constructor(width: number, budget: Pick<BodyBudget, 'hasRoom'>) {
    this.#width = width;
    this.#budget = budget;
  }

  get inFlight(): number {
    return this.#requests;
  }

  hasRoom(): boolean {
    return (
      this.#requests < this.#width &&
      this.#images < Math.max(LEAST_IMAGES, this.#width) &&
      (this.#requests === 0 || this.#budget.hasRoom(this.#requests))
    );
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
