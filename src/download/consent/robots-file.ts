import { PathPattern } from './path-pattern.ts';

/** RFC 9309, 2.5: at least this much of a file is to be read. */
export const MAX_ROBOTS_BYTES = 500 * 1024;

/** RFC 9309, 2.2.2: allowed, whatever the file says. */
const ROBOTS_PATH = '/robots.txt';

/** What a robots.txt says to us. */
export interface RobotsRules {
  /** @param path as `normalPath` gives it */
  isAllowed(path: string): boolean;
  /** The pause between two requests that the file asks for, in ms. No part of RFC 9309, but widely written. */
  readonly crawlDelayMs: number | undefined;
  /**
   * The preferences for the use of a path that may be asked for (draft-ietf-aipref-attach, "Robots Exclusion Protocol
   * Content-Usage Rule"), as they are written; null where there are none.
   *
   * @param path as `normalPath` gives it
   */
  usageOf(path: string): string | null;
}

interface Rule {
  readonly pattern: PathPattern;
  readonly isAllow: boolean;
}

interface Usage {
  readonly pattern: PathPattern;
  readonly preference: string;
}

interface Group {
  readonly rules: Rule[];
  readonly usages: Usage[];
  crawlDelayMs: number | undefined;
}

/** UTF-8's byte order mark, also where a tool has cut it, as in Google's tests. */
const BYTE_ORDER_MARK = /^\xef(\xbb\xbf?)?/;

/** Names of lines as they are often misspelt, after Google's parser: who wrote them meant no less by it. */
const KEYS: Readonly<Record<string, 'agent' | 'allow' | 'disallow' | 'delay' | 'usage'>> = {
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
  'content-usage': 'usage',
};

const EVERYBODY = '*';

/** A name ends where something follows it that is none: `FooBot/2.1`, `FooBot (all)`. */
const NAME = /^[^\s/:;,()]+/;

/**
 * Reads a robots.txt (RFC 9309). All groups that name one of us are one, whatever the case; where none does, those for
 * everybody count. Of the rules that match a path the one with the most octets decides, and of two equal ones the
 * one that allows. Lines that are none of its own interrupt nothing.
 *
 * @param file its bytes; what lies beyond 500 KiB is not read, nor a line that is not whole before that
 * @param names ours, in any case
 */
export function parseRobots(file: Uint8Array, names: readonly string[]): RobotsRules {
  // One character per octet: the file is UTF-8, or what its writer had, and paths are compared by octets.
  const text = beginning(Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1'));
  const groups = readGroups(text.replace(BYTE_ORDER_MARK, ''));
  const ours = new Set(names.map((name) => nameIn(name)));
  const named = [...groups].filter(([name]) => ours.has(name)).map(([, group]) => group);
  const everybody = groups.get(EVERYBODY);
  const chosen = named.length > 0 ? named : everybody ? [everybody] : [];
  const delays = chosen.flatMap(({ crawlDelayMs }) => crawlDelayMs ?? []);
  const rules = chosen.flatMap((group) => group.rules);
  const usages = chosen.flatMap((group) => group.usages);
  return {
    isAllowed: (path) => path === ROBOTS_PATH || isAllowedBy(rules, path),
    usageOf: (path) => usageBy(usages, path),
    crawlDelayMs: delays.length > 0 ? Math.max(...delays) : undefined,
  };
}

/** Half of `Disallow: /private` may say `Disallow: /`. */
function beginning(text: string): string {
  if (text.length <= MAX_ROBOTS_BYTES) return text;
  const most = text.slice(0, MAX_ROBOTS_BYTES);
  return most.slice(0, Math.max(most.lastIndexOf('\n'), most.lastIndexOf('\r')) + 1);
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

/** Of several rules for the same path all count. */
function usageBy(usages: readonly Usage[], path: string): string | null {
  const matching = usages.filter(({ pattern }) => pattern.matches(path));
  const octets = Math.max(...matching.map(({ pattern }) => pattern.octets));
  const preferences = matching
    .filter(({ pattern }) => pattern.octets === octets)
    .map((one) => one.preference);
  return preferences.length === 0 ? null : preferences.join(', ');
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
    } else if (key === 'usage') {
      hasRules = true;
      addUsage(current, value);
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
  const group: Group = { rules: [], usages: [], crawlDelayMs: undefined };
  groups.set(name, group);
  return group;
}

function addRule(groups: readonly Group[], path: string, isAllow: boolean): void {
  const rule = { pattern: new PathPattern(path), isAllow };
  for (const group of groups) group.rules.push(rule);
}

/** A path and preferences; earlier drafts had rules without a path, for all of them. */
const USAGE = /^(?:(\/\S*)\s+)?([^\s/].*)$/;

function addUsage(groups: readonly Group[], value: string): void {
  const [, path = '/', preference] = USAGE.exec(value) ?? [];
  if (preference === undefined) return;
  const usage = { pattern: new PathPattern(path), preference };
  for (const group of groups) group.usages.push(usage);
}

function delayMs(value: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  return seconds > 0 ? 1000 * seconds : undefined;
}
