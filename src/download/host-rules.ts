import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject } from '../base/json-object.ts';
import { repeatedKeyIn } from './repeated-key.ts';

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

/** Rules by host, `*.domain` or `*`, in lower case; what is left out is as usual. */
export type HostTable = ReadonlyMap<string, Partial<HostRules>>;

/**
 * So many silent rows are seen from a host whose every third answer gets lost once in 240 times; twice as many, which
 * is what a host needs that has answered before, once in 60,000 times.
 */
const USUAL_TRIES = 5;

const USUAL_COOL_DOWN_MS = 30_000;

/** `a.example.` and `a.example` are one host, whose limits nobody evades by a dot. */
export function withoutFinalDot(host: string): string {
  return host.endsWith('.') || host.includes('.:') ? host.replace(/\.(?=:\d+$|$)/, '') : host;
}

/** The rules of a host that nothing is said about. */
export function usualRules(atOnce: number): HostRules {
  return { atOnce, perSecond: Number.POSITIVE_INFINITY, tries: USUAL_TRIES, coolDownMs: USUAL_COOL_DOWN_MS };
}

/** Requests in flight to a host that has not answered, at most: with few in all, one that hangs is not to hold them all. */
export function silentAtOnce(threadCount: number | 'auto'): number {
  return threadCount === 'auto' ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(threadCount / 2));
}

/** Looks rules up: the host with its port, its name, the longest `*.domain` that it lies under, `*`. */
export function rulesByTable(usual: HostRules, table: HostTable): RulesOfHost {
  if (table.size === 0) return () => usual;
  return (host) => {
    const name = host.replace(/:\d+$/, '');
    const key = [host, name, ...domainsAbove(name), '*'].find((candidate) => table.has(candidate));
    return key === undefined ? usual : { ...usual, ...table.get(key) };
  };
}

/** `*.b.c`, `*.c` of `a.b.c`. */
function domainsAbove(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join('.')}`);
}

interface Setting {
  readonly isFit: (value: number) => boolean;
  readonly expected: string;
  readonly rules: (value: number) => Partial<HostRules>;
}

/** More requests to one host than may be in flight to all. */
const MOST_AT_ONCE = 4096;
const MOST_PER_SECOND = 1_000_000;
/** A host that is asked less than once in an hour holds its rows, and their shard, for weeks: its rows are for a run of their own. */
const MOST_DELAY_S = 3_600;
const MOST_TRIES = 1_000;
const MOST_COOL_DOWN_S = 86_400;

/** A whole number from 1. */
function count(most: number, rules: Setting['rules']): Setting {
  const isFit = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= most;
  return { isFit, expected: `a whole number from 1 to ${most}`, rules };
}

function seconds(most: number, rules: Setting['rules']): Setting {
  const isFit = (value: number): boolean => value > 0 && value <= most;
  return { isFit, expected: `seconds, above 0 and up to ${most}`, rules };
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  at_once: count(MOST_AT_ONCE, (value) => ({ atOnce: value })),
  per_second: {
    isFit: (value) => value >= 1 / MOST_DELAY_S && value <= MOST_PER_SECOND,
    expected: `a number from 1/${MOST_DELAY_S}, which is one in an hour, to ${MOST_PER_SECOND}`,
    rules: (value) => ({ perSecond: value }),
  },
  crawl_delay: seconds(MOST_DELAY_S, (value) => ({ perSecond: 1 / value })),
  tries: count(MOST_TRIES, (value) => ({ tries: value })),
  cool_down: seconds(MOST_COOL_DOWN_S, (value) => ({ coolDownMs: 1000 * value })),
};

/**
 * Reads a file of rules: a JSON object of hosts, each an object of settings.
 *
 * @throws BowerbirdError BB_USAGE where it cannot be read or says something else, naming file, host and setting
 */
export function readHostTable(path: string): HostTable {
  const table = readJson(path);
  if (!isObject(table)) throw unfit(path, 'must be a JSON object of hosts');
  const rules = new Map<string, Partial<HostRules>>();
  for (const [text, settings] of Object.entries(table)) {
    if (!isObject(settings)) throw unfit(path, `"${text}" must be an object of settings`);
    const key = keyFrom(path, text);
    if (rules.has(key)) throw unfit(path, `names ${key} twice, the second time as "${text}"`);
    rules.set(key, rulesFrom(path, text, settings));
  }
  return rules;
}

/** A key as the hosts of URLs are written: lower case, IDNA, no final dot. A key that no URL can fit is refused. */
function keyFrom(path: string, text: string): string {
  const [, star, host] = /^(\*$|\*\.)?(.*)$/s.exec(text)!;
  if (star === '*') return star;
  const refuse = (why: string): BowerbirdError =>
    unfit(path, `"${text}" ${why}: write a host ("a.example", "a.example:8080"), "*.example" or "*"`);
  const url = parseHost(host!);
  if (!url || /[*/\\?#@\s]/.test(host!)) throw refuse('is no host');
  if (star && (url.port !== '' || isIP(url.hostname) !== 0 || url.hostname.startsWith('[')))
    throw refuse('is no domain');
  if (/:0*(80|443)$/.test(host!)) throw refuse('has a usual port, which hosts of URLs are written without');
  return `${star ?? ''}${withoutFinalDot(url.host)}`;
}

function parseHost(host: string): URL | undefined {
  try {
    return new URL(`http://${host}`);
  } catch {
    return undefined;
  }
}

function rulesFrom(path: string, host: string, settings: Record<string, unknown>): Partial<HostRules> {
  const known = Object.keys(SETTINGS);
  if ('per_second' in settings && 'crawl_delay' in settings)
    throw unfit(path, `"${host}" has both per_second and crawl_delay: they say the same`);
  return Object.assign(
    {},
    ...Object.entries(settings).map(([name, value]) => {
      const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
      if (!setting) throw unfit(path, `"${host}" has "${name}"; there are ${known.join(', ')}`);
      if (typeof value !== 'number' || !setting.isFit(value))
        throw unfit(path, `"${host}": "${name}" must be ${setting.expected}`);
      return setting.rules(value);
    }),
  );
}

function readJson(path: string): unknown {
  const { text, value } = readText(path);
  const repeated = repeatedKeyIn(text);
  if (repeated !== undefined)
    throw unfit(path, `has "${repeated}" twice in one object, of which only one can count`);
  return value;
}

function readText(path: string): { readonly text: string; readonly value: unknown } {
  try {
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
    return { text, value: JSON.parse(text) };
  } catch (thrown) {
    throw unfit(path, `cannot be read: ${messageOf(thrown)}`);
  }
}

function unfit(path: string, what: string): BowerbirdError {
  return new BowerbirdError('BB_USAGE', `The hosts file ${path} ${what}.`, { fields: { path } });
}
