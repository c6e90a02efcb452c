/** What one host is asked for at most, and when it is given up. */
export interface HostRules {
  /** Requests in flight. */
  readonly atOnce: number;
  /** Requests begun in a second; a host that was left alone may be sent those of one second at once. */
  readonly perSecond: number;
  /** Rows in a row that may end without an answer before the host counts as unresponsive. */
  readonly tries: number;
  /** How long nothing is sent to an unresponsive host before one more row is tried, in ms. */
  readonly coolDownMs: number;
}

/** The rules of a host, by the host of its URLs: the name, and the port where that is not the usual one. */
export type RulesOfHost = (host: string) => HostRules;

/**
 * So many silent rows are seen from a host whose every third answer gets lost once in 240 times; twice as many, which
 * is what a host needs that has answered before, once in 60,000 times.
 */
export const USUAL_TRIES = 5;

export const USUAL_COOL_DOWN_MS = 30_000;

/** The rules of a host that nothing is said about. */
export function usualRules(atOnce: number): HostRules {
  return { atOnce, perSecond: Number.POSITIVE_INFINITY, tries: USUAL_TRIES, coolDownMs: USUAL_COOL_DOWN_MS };
}
