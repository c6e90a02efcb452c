/** A text that is not blank, without NUL, which tables do not hold, and with halves of characters replaced. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = Buffer.from(value.replaceAll('\0', ''), 'utf8').toString('utf8').trim();
  return text === '' ? null : text;
}

/** A whole number of at least 0, also one that is written as a text; fractions are rounded. */
export function countOf(value: unknown): number | null {
  const isText = typeof value === 'string' && /^\s*\d{1,15}(\.\d+)?\s*$/.test(value);
  const number = Math.round(isText ? Number(value) : typeof value === 'number' ? value : Number.NaN);
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

const MAX_SIDE = 2 ** 31 - 1;

/** A number of pixels from 1 on. */
export function sideOf(value: unknown): number | null {
  const side = countOf(value);
  return side !== null && side >= 1 && side <= MAX_SIDE ? side : null;
}

/** A boolean, or a word or number that stands for one. */
export function flagOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === '1' || value === 'true') return true;
  if (value === 0 || value === '0' || value === 'false') return false;
  return null;
}

/** From this on, a number is one of milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/** ECMA-262, 21.4.1.1: the greatest time that a Date holds. */
const MAX_TIME_MS = 8.64e15;

/** ISO 8601 and RFC 3339, a date alone or with a time; without a zone it is UTC. */
const ISO_TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** When something was, in ms since 1970: of a text in ISO 8601, or a number of seconds or, from 10^11 on, milliseconds. */
export function timeMsOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,16}(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number === 'number') {
    const ms = Math.round(number >= FIRST_MILLISECONDS ? number : number * 1000);
    return Number.isFinite(ms) && ms >= 0 && ms <= MAX_TIME_MS ? ms : null;
  }
  if (typeof value !== 'string' || !ISO_TIME.test(value.trim())) return null;
  const text = value.trim().replace(' ', 'T');
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes('T');
  const ms = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isNaN(ms) ? null : ms;
}
