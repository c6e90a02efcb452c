import { setTimeout as sleep } from 'node:timers/promises';
import { unsupported } from './errors.ts';

/** More often than that nobody comes in between by chance. */
const MOST_TURNS = 10;
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 1000;

/**
 * Turns of work that is to be begun anew where another has written in between. Each is a request or more, and some services say that for ever: gateways that give an object
 * another ETag than they compare, or none to write at all.
 */
export class Turns {
  readonly #url: string;
  #count = 0;

  /** @param url of what others may write */
  constructor(url: string) {
    this.#url = url;
  }

  /** Waits before the next turn; a few seconds in all. @throws StorageError BB_STORAGE_UNSUPPORTED after ten */
  async next(): Promise<void> {
    this.#count++;
    if (this.#count >= MOST_TURNS)
      throw unsupported(
        this.#url,
        `the service has said ${this.#count} times in a row that what stands there is another than a moment ago (412, If-Match or If-None-Match). Either something writes there all the time, or a gateway in between changes ETags: ask the service itself.`,
      );
    await sleep(Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#count));
  }
}
