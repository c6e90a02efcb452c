import { RecentMap } from '../base/recent-map.ts';
import type { RulesOfHost } from './host-rules.ts';

/** A connection was not made because no host answers at its addresses. */
export class AddressGivenUpError extends Error {
  override readonly name = 'AddressGivenUpError';

  constructor() {
    super('No host answers at its address: not asked');
  }
}

/** What is known of an endpoint that has not answered. */
interface Suspect {
  /** Origins of which a row ended without an answer; as many as it takes. */
  readonly silent: Set<string>;
  /** Until when nothing is sent to it; undefined unless it is given up. */
  coolAtMs: number | undefined;
}

/** How an origin was connected to last. */
interface Way {
  readonly endpoints: readonly string[];
  /** undefined as long as there is no connection. */
  connectedTo: string | undefined;
  hasAnswered: boolean;
}

/** Origins, and silent endpoints, that are remembered; of more, those not heard of for longest are forgotten. */
const MAX_REMEMBERED = 20_000;
/** Endpoints that have answered; each costs little. */
const MAX_ANSWERED = 100_000;
/** One host alone says nothing of its address. */
const LEAST_HOSTS = 2;

/**
 * Gives up an address at which no host answers, so that the thousand hosts of a server that is gone do not each have to be found
 * silent. It takes silent rows of several hosts, with no answer from any. An address that has answered for one is not given up any
 * more: then silence is the hosts' own. Once it has cooled down, one connection passes at a time.
 *
 * Origins are `https://example.org`, endpoints an address with its port: behind another port there is another server.
 */
export class AddressWatch {
  readonly #rulesOf: RulesOfHost;
  readonly #nowMs: () => number;
  readonly #ways = new RecentMap<string, Way>(MAX_REMEMBERED);
  readonly #suspects = new RecentMap<string, Suspect>(MAX_REMEMBERED);
  readonly #answered = new RecentMap<string, true>(MAX_ANSWERED);
  #isPaused = false;

  /** @param rulesOf of an endpoint: how many hosts must be silent, and for how long nothing is sent to it then */
  constructor(rulesOf: RulesOfHost, nowMs: () => number) {
    this.#rulesOf = rulesOf;
    this.#nowMs = nowMs;
  }

  /** Notes where an origin is about to be connected to; says whether it may. */
  mayConnect(origin: string, endpoints: readonly string[]): boolean {
    this.#ways.set(origin, { endpoints, connectedTo: undefined, hasAnswered: false });
    if (this.#isPaused || !endpoints.every((endpoint) => this.#isGivenUp(endpoint))) return true;
    const nowMs = this.#nowMs();
    const cool = endpoints.find((endpoint) => this.#suspects.get(endpoint)!.coolAtMs! <= nowMs);
    if (cool === undefined) return false;
    this.#giveUp(cool);
    return true;
  }

  /** There is a connection. */
  connected(origin: string, endpoint: string): void {
    const way = this.#ways.get(origin);
    if (way) way.connectedTo = endpoint;
  }

  /** A host said something, whatever it was. Of several addresses it is not asked which one it was. */
  answered(origin: string): void {
    const way = this.#ways.get(origin);
    if (!way || way.hasAnswered) return;
    way.hasAnswered = true;
    for (const endpoint of way.endpoints) {
      this.#answered.set(endpoint, true);
      this.#suspects.delete(endpoint);
    }
  }

  /** A row ended without an answer: of the address that it was connected to, or of all where there was no connection. */
  silent(origin: string): void {
    const way = this.#ways.get(origin);
    if (!way) return;
    const blamed = way.connectedTo === undefined ? way.endpoints : [way.connectedTo];
    for (const endpoint of blamed) this.#blame(endpoint, origin);
  }

  /** Lets everybody pass until `resume`: whether hosts answer is to be found out. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Forgets all silence: it was not theirs. */
  forgetSilence(): void {
    this.#suspects.clear();
  }

  #isGivenUp(endpoint: string): boolean {
    return this.#suspects.get(endpoint)?.coolAtMs !== undefined;
  }

  #blame(endpoint: string, origin: string): void {
    if (this.#answered.has(endpoint)) return;
    const suspect = this.#suspects.get(endpoint) ?? { silent: new Set(), coolAtMs: undefined };
    this.#suspects.set(endpoint, suspect);
    const enough = Math.max(LEAST_HOSTS, this.#rulesOf(endpoint).tries);
    if (suspect.silent.size < enough) suspect.silent.add(origin);
    if (suspect.silent.size >= enough) this.#giveUp(endpoint);
  }

  #giveUp(endpoint: string): void {
    this.#suspects.get(endpoint)!.coolAtMs = this.#nowMs() + this.#rulesOf(endpoint).coolDownMs;
  }
}

/** An address with its port, as a URL has it. */
export function endpointOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
