import type { Clock } from '../base/clock.ts';
import { codeOf } from '../base/errors.ts';
import { type GiveUp, LimitPassedError } from './deadline.ts';

/** RFC 8305, section 5: after this, in ms, the next address is tried beside those that have not answered. */
export const NEXT_ADDRESS_MS = 250;

/** Further ones are not tried: a host that answers at none of so many will not at the next. */
export const MAX_ADDRESSES = 4;

/** How a try to connect to one address ends; one of the two is called, once, unless it is given up before. */
export interface TryEvents {
  readonly connected: () => void;
  readonly failed: (error: Error) => void;
}

export interface RaceTools {
  /** Begins to connect, and calls back later. What is given back ends it. */
  readonly begin: (address: string, events: TryEvents) => GiveUp;
  readonly spares: SpareTries;
  readonly clock: Clock;
  /** All addresses have failed: with a refusal, where there was one, else with the first failure. */
  readonly lost: (error: Error) => void;
}

/**
 * Connects to the first of several addresses that lets itself be connected to (RFC 8305, Happy Eyeballs): the next is begun
 * when the one before has failed, or has not answered for a moment. The first connection wins, and the others are ended.
 */
export class AddressRace {
  readonly #tools: RaceTools;
  readonly #addresses: readonly string[];
  /** Under way, oldest first. */
  readonly #tries = new Map<string, GiveUp>();
  readonly #failures: Error[] = [];
  #begun = 0;
  #spares = 0;
  #cancelNext: () => void = () => undefined;

  /** @param addresses in the order in which to try them, at least one */
  constructor(addresses: readonly string[], tools: RaceTools) {
    this.#tools = tools;
    this.#addresses = addresses.length > 1 ? [...new Set(addresses)].slice(0, MAX_ADDRESSES) : addresses;
    this.#beginNext();
  }

  /** Ends all tries but the one that has connected, if one has. */
  end(winner?: string): void {
    this.#cancelNext();
    for (const [address, giveUp] of this.#tries) if (address !== winner) giveUp();
    this.#tries.clear();
    this.#giveBackSpares();
  }

  get #hasNext(): boolean {
    return this.#begun < this.#addresses.length;
  }

  #beginNext(): void {
    const address = this.#addresses[this.#begun++]!;
    const events: TryEvents = {
      connected: () => this.end(address),
      failed: (error) => this.#failed(address, error),
    };
    this.#tries.set(address, this.#tools.begin(address, events));
    if (this.#hasNext) this.#cancelNext = this.#tools.clock.after(NEXT_ADDRESS_MS, () => this.#hurry());
  }

  /** None has answered in time. */
  #hurry(): void {
    if (this.#tools.spares.take()) this.#spares++;
    else this.#dropOldest();
    this.#beginNext();
  }

  #dropOldest(): void {
    for (const [address, giveUp] of this.#tries) {
      giveUp();
      this.#tries.delete(address);
      this.#failures.push(new LimitPassedError('connect'));
      return;
    }
  }

  #failed(address: string, error: Error): void {
    // A try that has been given up may fail even so.
    if (!this.#tries.delete(address)) return;
    this.#failures.push(error);
    if (this.#hasNext) {
      this.#cancelNext();
      this.#beginNext();
      return;
    }
    this.#giveBackSpares();
    if (this.#tries.size > 0) return;
    const refusal = this.#failures.find((failure) => codeOf(failure) === 'ECONNREFUSED');
    this.#tools.lost(refusal ?? this.#failures[0]!);
  }

  #giveBackSpares(): void {
    const needed = Math.max(0, this.#tries.size - 1);
    for (; this.#spares > needed; this.#spares--) this.#tools.spares.giveBack();
  }
}

/** Bounds how many tries are under way beside the first one of each race: each has a file descriptor. */
export class SpareTries {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Takes one; false where none is left, and a race has to give up a try for the next. */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  giveBack(): void {
    this.#left++;
  }
}
