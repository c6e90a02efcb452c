/*
 * What the values of posts may be. Texts and JSON values come from strangers: what is none of what is asked for is `undefined`, what is
 * not there or stands for nothing is null.
 */

const MAX_NAME_CHARS = 200;
const MAX_URL_CHARS = 8192;
const MAX_COUNT = 2n ** 63n - 1n;
/** 10000-01-01. */
const TIME_END_MS = 253_402_300_800_000;
/** Whole numbers from here on are milliseconds since 1970, seconds below. */
const LEAST_MS = 1e11;

/** What pandas, R, Hive and SQL write where there is nothing. */
const NOTHING = /^(|na|n\/a|<na>|nan|null|none|nil|\\n)$/i;

/** Control characters, and halves of surrogate pairs. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** Whether a text may be the id of a post or the name of a user. */
export function isName(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_CHARS && !UNFIT.test(value)
  );
}

/** Whether a text may be the URL of an image. */
export function isImageUrl(text: string): boolean {
  return text.length <= MAX_URL_CHARS && /^https?:\/\/[^/?#]/i.test(text) && URL.canParse(text);
}

/** A text as UTF-8 can hold it: half a surrogate pair is U+FFFD. null where there is none, or an empty one. */
export function plainText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.replace(/\p{Cs}/gu, '\ufffd') : null;
}

/** A count as JSON has it. Negative ones stand for those that are hidden. */
export function countOf(value: unknown): bigint | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return countOfText(value);
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  return value < 0 ? null : BigInt(value);
}

/** A count as a text; decimals without a fraction are taken, as pandas writes them. */
export function countOfText(text: string | null): bigint | null | undefined {
  const bare = unwrapped(text?.trim() ?? '');
  if (NOTHING.test(bare)) return null;
  const [, sign, digits] = /^(-?)(\d{1,19})(?:\.0*)?$/.exec(bare) ?? [];
  if (digits === undefined) return undefined;
  const count = BigInt(digits);
  if (count > MAX_COUNT) return undefined;
  return sign === '-' && count > 0n ? null : count;
}

/** Seconds since 1970 as JSON has them, in milliseconds. */
export function timeOf(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return timeOfText(value);
  return typeof value === 'number' ? inRange(Math.round(value * 1000)) : undefined;
}

/** Whether a value says nothing: it is not there, or stands for nothing. A count that is hidden is said to be. */
export function isUntold(value: unknown): boolean {
  return value == null || (typeof value === 'string' && NOTHING.test(unwrapped(value.trim())));
}

/** What a value was read as, null where it says that it is hidden; undefined where it says nothing, or nothing that can be read. */
export function toldCount(value: unknown, count: bigint | null | undefined): bigint | null | undefined {
  return isUntold(value) ? undefined : count;
}

/** A time as ISO 8601 (UTC where it names no zone), or as seconds or milliseconds since 1970; in milliseconds. */
export function timeOfText(given: string | null): number | null | undefined {
  const text = unwrapped(given?.trim() ?? '');
  if (NOTHING.test(text)) return null;
  if (/^\d{1,14}(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return inRange(Math.round(number < LEAST_MS ? number * 1000 : number));
  }
  const [, date, clock = '00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/.exec(
      text,
    ) ?? [];
  if (date === undefined || !isDay(date)) return undefined;
  const seconds = clock.length === 5 ? `${clock}:00` : clock.replace(/(\.\d{3})\d+$/, '$1');
  return inRange(Date.parse(`${date}T${seconds}${zoneOf(zone)}`));
}

function zoneOf(zone: string): string {
  if (zone === 'UTC') return 'Z';
  return /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
}

/** JavaScript takes the 30th of February for a day in March. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

function inRange(ms: number): number | undefined {
  return ms >= 0 && ms < TIME_END_MS ? ms : undefined;
}

/** Of MongoDB's Extended JSON, `{"$date":"..."}` and `{"$numberLong":"..."}`, what is in it: `posts export` writes such texts. */
function unwrapped(text: string): string {
  return /^\{\s*"\$(?:date|numberLong)"\s*:\s*"?([^"{}]*)"?\s*\}$/.exec(text)?.[1] ?? text;
}
