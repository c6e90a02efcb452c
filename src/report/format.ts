const MINUS = '\u2212';
const NO_BREAK_SPACE = '\u00A0';
const ELLIPSIS = '\u2026';
/** Shown where there is no number. */
export const NO_VALUE = '\u2013';

// A formatter takes longer to make than a thousand numbers to format: each is made once, where it is needed.
let counts: Intl.NumberFormat | undefined;
let compact: Intl.NumberFormat | undefined;

/** A whole number with thousands separated: 9,834,112. */
export function formatCount(count: number): string {
  counts ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  return counts.format(count).replace('-', MINUS);
}

/** A whole number in little room: 9.8M. */
export function formatCompact(count: number): string {
  compact ??= new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
  return compact.format(count);
}

/** A number as it was given, with a true minus: a threshold is never rounded. */
export function formatPlain(value: number): string {
  return String(value).replace('-', MINUS);
}

/** A number with a fixed number of decimals, or a dash. */
export function formatFixed(value: number | null, decimals: number): string {
  if (value === null || !Number.isFinite(value)) return NO_VALUE;
  return value.toFixed(decimals).replace('-', MINUS);
}

/** A share in percent. What is not quite nothing or not quite all is never rounded to it: <0.1%, >99.9%. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return NO_VALUE;
  const percent = (100 * part) / whole;
  if (part === 0 || part === whole) return `${percent.toFixed(0)}%`;
  if (percent < 0.1) return '<0.1%';
  if (percent > 99.9) return '>99.9%';
  return `${percent.toFixed(1)}%`;
}

/** A very small number as a power of ten: 3.1e-7 is written 3.1 x 10^-7. */
export function formatTiny(value: number): string {
  if (value === 0) return '0';
  const [digits, exponent] = value.toExponential(1).split('e');
  return `${digits}${NO_BREAK_SPACE}\u00D7${NO_BREAK_SPACE}10${superscript(Number(exponent))}`;
}

function superscript(exponent: number): string {
  const digits = '\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079';
  const sign = exponent < 0 ? '\u207B' : '';
  return sign + [...String(Math.abs(exponent))].map((digit) => digits[Number(digit)]).join('');
}

/** A duration in its two largest units: 2 d 4 h, 3 min 20 s, 8.4 s. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return unit(Math.round(seconds * 1000), 'ms');
  if (seconds < 59.95) return unit(Number(seconds.toFixed(1)), 's');
  const whole = Math.round(seconds);
  if (whole < 3600) return `${unit(Math.floor(whole / 60), 'min')} ${unit(whole % 60, 's')}`;
  if (whole < 86400)
    return `${unit(Math.floor(whole / 3600), 'h')} ${unit(Math.floor((whole % 3600) / 60), 'min')}`;
  return `${unit(Math.floor(whole / 86400), 'd')} ${unit(Math.floor((whole % 86400) / 3600), 'h')}`;
}

function unit(value: number, name: string): string {
  return `${value}${NO_BREAK_SPACE}${name}`;
}

/** Images per second, with as many decimals as say something. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 100) return formatCount(perSecond);
  return perSecond.toFixed(perSecond >= 10 ? 1 : 2);
}

/** Bytes in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 1000 ** step;
  return unit(Number(value.toFixed(step === 0 || value >= 100 ? 0 : 1)), units[step]!);
}

/** An ISO 8601 instant as a date and time in UTC; anything else as it is. */
export function formatInstant(instant: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(instant);
  return match ? `${match[1]} ${match[2]} UTC` : instant;
}

/** At most `length` characters as a reader counts them (no accent or emoji is cut in two), the rest an ellipsis. */
export function clipEnd(text: string, length: number): string {
  // A character as a reader counts it can be arbitrarily many code units: bound the work first.
  const graphemes = [...new Intl.Segmenter('en').segment(text.slice(0, 20 * length))];
  if (graphemes.length <= length)
    return text.length <= 20 * length ? text : text.slice(0, 20 * length) + ELLIPSIS;
  return text.slice(0, graphemes[length - 1]!.index) + ELLIPSIS;
}

/** At most `length` code units, with the middle left out: a URL's host and its file name both say something. */
export function clipMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) * 0.6);
  return text.slice(0, head) + ELLIPSIS + text.slice(text.length - (length - 1 - head));
}
