import { WebError } from '../web/http-error.ts';
import { FATES } from './fates.ts';

/** Which rows, in which order. */
export interface ViewQuery {
  /** A score, `input` for the order of the input, `shuffle` for any. */
  readonly sort: string;
  readonly descending: boolean;
  /** By score: at least, at most; a row without the score is outside. */
  readonly ranges: Readonly<Record<string, ScoreRange>>;
  /** `all`, a group of fates, or the name of one. */
  readonly fate: string;
  /** Only rows whose picture is on this machine. */
  readonly hasPicture: boolean;
  /** Words that all stand in a row's caption or URL, whatever their case. */
  readonly words: readonly string[];
}

/** Both ends belong to it. */
export interface ScoreRange {
  readonly least: number;
  readonly most: number;
}

const GROUPS = ['all', 'scored', 'kept', 'dropped', 'failed'];
const MAX_WORDS = 20;
const MAX_TEXT_CHARACTERS = 500;

/**
 * Reads what a page asks for: `sort=aesthetic&ascending&least-aesthetic=6&fate=kept&pictures&text=red+bird`.
 *
 * @param scores the names of scores that there are
 * @throws WebError BB_HTTP_QUERY
 */
export function readViewQuery(query: URLSearchParams, scores: readonly string[]): ViewQuery {
  const sort = query.get('sort') ?? scores[0] ?? 'input';
  if (![...scores, 'input', 'shuffle'].includes(sort)) throw wrong('sort', sort);
  const fate = query.get('fate') ?? 'all';
  if (!GROUPS.includes(fate) && !FATES.some(({ name }) => name === fate)) throw wrong('fate', fate);
  const ranges = scores.flatMap((name) => {
    const least = numberIn(query, `least-${name}`, Number.NEGATIVE_INFINITY);
    const most = numberIn(query, `most-${name}`, Number.POSITIVE_INFINITY);
    const isOpen = least === Number.NEGATIVE_INFINITY && most === Number.POSITIVE_INFINITY;
    return isOpen ? [] : [[name, { least, most }] as const];
  });
  return {
    sort,
    descending: !query.has('ascending'),
    ranges: Object.fromEntries(ranges),
    fate,
    hasPicture: query.has('pictures'),
    words: wordsIn(query.get('text') ?? ''),
  };
}

/** A whole number of a query, within bounds. @throws WebError BB_HTTP_QUERY */
export function wholeNumberIn(query: URLSearchParams, name: string, most: number): number {
  const text = query.get(name) ?? '0';
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= most)) throw wrong(name, text);
  return number;
}

function numberIn(query: URLSearchParams, name: string, absent: number): number {
  const text = query.get(name);
  if (text === null || text.trim() === '') return absent;
  const number = Number(text);
  if (!Number.isFinite(number)) throw wrong(name, text);
  return number;
}

function wordsIn(text: string): string[] {
  if (text.length > MAX_TEXT_CHARACTERS) throw wrong('text', text);
  const words = text.replaceAll('\0', ' ').normalize('NFC').split(/\s+/).filter(Boolean);
  return [...new Set(words)].slice(0, MAX_WORDS);
}

function wrong(name: string, value: string): WebError {
  return new WebError('BB_HTTP_QUERY', `${name} cannot be ${JSON.stringify(value.slice(0, 40))}.`);
}
