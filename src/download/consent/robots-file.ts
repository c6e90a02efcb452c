import { PathPattern } from './path-pattern.ts';

/** RFC 9309, 2.5: at least this much of a file is to be read. */
export const MAX_ROBOTS_BYTES = 500 * 1024;

/** What a robots.txt says to us. */
export interface RobotsRules {
  /** @param path as `normalPath` gives it */
  isAllowed(path: string): boolean;
  /** The pause between two requests that the file asks for, in ms. No part of RFC 9309, but widely written. */
  readonly crawlDelayMs: number | undefined;
}

interface Rule {
  readonly pattern: PathPattern;
  readonly isAllow: boolean;
}

interface Group {
  readonly rules: Rule[];
  crawlDelayMs: number | undefined;
}

const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** Names of lines as they are often misspelt, after Google's parser: who wrote them meant no less by it. */
const KEYS: Readonly<Record<string, 'agent' | 'allow' | 'disallow' | 'delay'>> = {
  'user-agent': 'agent',
  useragent: 'agent',
  'user agent': 'agent',
  allow: 'allow',
  disallow: 'disallow',
  dissallow: 'disallow',
  dissalow: 'disallow',
  disalow: 'disallow',
  diasllow: 'disallow',
  disallaw: 'disallow',
  'crawl-delay': 'delay',
};

const EVERYBODY = '*';

/** A name ends where something follows it that is none: `FooBot/2.1`, `FooBot (all)`. */
const NAME = /^[^\s/:;,()]+/;

/**
 * Reads a robots.txt (RFC 9309). All groups that name one of us are one, whatever the case; where none does, those for
 * everybody count. Of the rules that match a path the one with the most octets decides, and of two equal ones the
 * one that allows. Lines that are none of its own interrupt nothing.
 *
 * @param file its bytes; what lies beyond 500 KiB is not read
 * @param names ours, in any case
 */
export function parseRobots(file: Uint8Array, names: readonly string[]): RobotsRules {
  // One character per octet: the file is UTF-8, or what its writer had, and paths are compared by octets.
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1', 0, MAX_ROBOTS_BYTES);
  const groups = readGroups(text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text);
  const ours = new Set(names.map((name) => nameIn(name)));
  const named = [...groups].filter(([name]) => ours.has(name)).map(([, group]) => group);
  const everybody = groups.get(EVERYBODY);
  const chosen = named.length > 0 ? named : everybody ? [everybody] : [];
  const delays = chosen.flatMap(({ crawlDelayMs }) => crawlDelayMs ?? []);
  const rules = chosen.flatMap((group) => group.rules);
  return {
    isAllowed: (path) => isAllowedBy(rules, path),
    crawlDelayMs: delays.length > 0 ? Math.max(...delays) : undefined,
  };
}

function isAllowedBy(rules: readonly Rule[], path: string): boolean {
  let best: Rule | undefined;
  for (const rule of rules) {
    const isShorter = best && rule.pattern.octets < best.pattern.octets;
    if (isShorter || !rule.pattern.matches(path)) continue;
    if (!best || rule.pattern.octets > best.pattern.octets || rule.isAllow) best = rule;
  }
  return best?.isAllow ?? true;
}

/** The groups by the lower-case names of those that they are for. */
function readGroups(text: string): Map<string, Group> {
  const groups = new Map<string, Group>();
  let current: Group[] = [];
  let hasRules = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const { key, value } = splitLine(line);
    if (key === 'agent') {
      if (hasRules) current = [];
      hasRules = false;
      current.push(groupOf(groups, nameIn(value)));
    } else if (key === 'delay') {
      for (const group of current) group.crawlDelayMs = delayMs(value) ?? group.crawlDelayMs;
    } else if (key) {
      hasRules = true;
      // An empty path is no rule, but it ends the list of names.
      if (value !== '') addRule(current, value, key === 'allow');
    }
  }
  return groups;
}

function splitLine(line: string): { key?: (typeof KEYS)[string] | undefined; value: string } {
  const [content = ''] = line.split('#', 1);
  const colon = content.indexOf(':');
  if (colon >= 0) {
    return { key: keyOf(content.slice(0, colon)), value: content.slice(colon + 1).trim() };
  }
  // `disallow /`: the colon is forgotten now and then.
  const words = content.trim().split(/\s+/);
  return words.length === 2 ? { key: keyOf(words[0]!), value: words[1]! } : { value: '' };
}

function keyOf(text: string): (typeof KEYS)[string] | undefined {
  const name = text.trim().toLowerCase();
  return Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
}

function nameIn(value: string): string {
  return NAME.exec(value)?.[0].toLowerCase() ?? '';
}

function groupOf(groups: Map<string, Group>, name: string): Group {
  const known = groups.get(name);
  if (known) return known;
  const group: Group = { rules: [], crawlDelayMs: undefined };
  groups.set(name, group);
  return group;
}

function addRule(groups: readonly Group[], path: string, isAllow: boolean): void {
  const rule = { pattern: new PathPattern(path), isAllow };
  for (const group of groups) group.rules.push(rule);
}

function delayMs(value: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  return seconds > 0 ? 1000 * seconds : undefined;
}
