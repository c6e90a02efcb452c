/** A longer pause is taken for this: a host that says the time of day in seconds would be left alone for half a century. */
const MAX_PAUSE_MS = 24 * 3600 * 1000;

/** RFC 9110, 10.2.3, has whole seconds; fractions are plain enough. */
const SECONDS = /^\d+(\.\d+)?$/;

/** The three forms of a date in RFC 9110, 5.6.7; the third says no zone, and means UTC. */
const DATE = /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -](\d{4}|\d\d) \d\d:\d\d:\d\d (GMT|UTC)$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Retry-After in ms: a number of seconds, or a date (RFC 9110, 10.2.3), a day at most. undefined where it is neither. */
export function parseRetryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  const pauseMs = SECONDS.test(text) ? Number(text) * 1000 : dateMsOf(text) - nowMs;
  return Number.isNaN(pauseMs) ? undefined : Math.min(MAX_PAUSE_MS, Math.max(0, pauseMs));
}

function dateMsOf(text: string): number {
  if (DATE.test(text)) return Date.parse(text);
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
