/** Listings of object storage are paid for, and of large runs take seconds: looking takes no more of the time than this. */
const LOOKING_SHARE = 0.1;
/** A look that took long since something was away for a while, or the process itself, is no reason to wait for long. */
const MOST_MS = 30_000;

/** How long to wait after a look at what is committed, in ms. @param leastMs the usual wait */
export function restAfter(lookMs: number, leastMs: number): number {
  return Math.max(leastMs, Math.min(MOST_MS, lookMs / LOOKING_SHARE));
}
