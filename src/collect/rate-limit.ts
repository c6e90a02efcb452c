/** What a host says of how much more may be asked of it. */
export interface RateLimit {
  readonly used: number | null;
  readonly remaining: number | null;
  /** Seconds until the count begins anew. */
  readonly resetSeconds: number | null;
}

/** A longer time is taken for this: a host that says the time of day in seconds would be left alone for half a century. */
const MAX_WAIT_MS = 24 * 3600 * 1000;

/** Reads X-Ratelimit-Used, -Remaining and -Reset; undefined where none of them says a number. */
export function rateLimitOf(header: (name: string) => string | undefined): RateLimit | undefined {
  const number = (name: string): number | null => {
    const text = header(`x-ratelimit-${name}`)?.trim() ?? '';
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
  };
  const limit = { used: number('used'), remaining: number('remaining'), resetSeconds: number('reset') };
  return Object.values(limit).every((value) => value === null) ? undefined : limit;
}

/** How long nothing more may be asked, in ms: until the count begins anew, where less than a whole request remains. */
export function pauseOf({ remaining, resetSeconds }: RateLimit): number {
  if (remaining === null || remaining >= 1 || resetSeconds === null) return 0;
  return Math.min(MAX_WAIT_MS, resetSeconds * 1000);
}
