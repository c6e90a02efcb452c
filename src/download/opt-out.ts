import type { SampleFailure } from '../samples/reasons.ts';
import { type HeaderLines, linesOf, signalsOf } from './consent/header-signals.ts';
import { failed } from './failures.ts';
import { PRODUCT_TOKEN } from './user-agent.ts';

/** `name: ...` at the start of a directive; a user agent, unless the name is one of VALUED_DIRECTIVES. */
const PREFIX = /^([A-Za-z0-9!#$%&'*+.^_`|~/-]+)\s*:\s*(.*)$/s;

/** Directives that take a value of their own after a colon. */
const VALUED_DIRECTIVES: ReadonlySet<string> = new Set([
  'unavailable_after',
  'max-snippet',
  'max-image-preview',
  'max-video-preview',
]);

/** What follows a directive and takes it back: `noindex: no`. */
const TAKEN_BACK: ReadonlySet<string> = new Set(['no', 'false', 'off', '0']);

/** Says whether the headers of a response opt the image out, and as what it then fails. */
export type OptOutRule = (headers: HeaderLines) => SampleFailure | undefined;

/** What counts as an opt-out. */
export interface OptOutOptions {
  /** The directives of X-Robots-Tag; none switches them off. */
  readonly directives: readonly string[];
  readonly userAgentToken: string;
  /** Whether `tdm-reservation: 1` does (W3C's TDM Reservation Protocol). */
  readonly obeysTdm: boolean;
}

/** A rule for all headers with which hosts opt out. */
export function optOutRule({ directives, userAgentToken, obeysTdm }: OptOutOptions): OptOutRule {
  const isTagged = robotsTagRule(directives, userAgentToken);
  return (headers) => {
    if (isTagged(linesOf(headers['x-robots-tag']))) return failed('opted_out');
    return obeysTdm && signalsOf(headers).tdmReservation === 1 ? failed('opted_out_tdm') : undefined;
  };
}

/** Says whether the lines of X-Robots-Tag opt out. */
export type RobotsTagRule = (lines: readonly string[]) => boolean;

/**
 * A rule for these directives. As with img2dataset, a directive counts when it is addressed to nobody, or to our
 * token; further, when it is addressed to `*` or to `bowerbird`. Directives after a user agent's name belong to that
 * user agent until the header line ends or the next name comes (proxies join lines with commas). A semicolon separates
 * like a comma, and blanks do where there is no colon, which some hosts write; so do quotes, and `noindex: yes`. Letter case and
 * white space do not matter. Values with colons and commas (`unavailable_after: Friday, 25 Jun 2010 15:00:00 PST`)
 * are not taken for user agents.
 */
export function robotsTagRule(directives: readonly string[], userAgentToken: string): RobotsTagRule {
  const disallowed = new Set(directives.map((directive) => directive.trim().toLowerCase()));
  const ourNames = new Set(['*', PRODUCT_TOKEN, userAgentToken.toLowerCase()]);
  if (disallowed.size === 0) return () => false;
  return (lines) =>
    lines.some((line) => isOptOut(line.toLowerCase().replaceAll(/["']/g, ' '), ourNames, disallowed));
}

function isOptOut(line: string, ourNames: ReadonlySet<string>, disallowed: ReadonlySet<string>): boolean {
  let isForUs = true;
  for (const text of line.split(/[,;]/)) {
    const { agent, words } = readPart(text.trim(), disallowed);
    if (agent !== undefined) isForUs = ourNames.has(agent);
    if (isForUs && words.some((word) => disallowed.has(word))) return true;
  }
  return false;
}

/** A user agent's name, where there is one, and what may be directives. */
interface Part {
  readonly agent?: string;
  readonly words: readonly string[];
}

function readPart(text: string, disallowed: ReadonlySet<string>): Part {
  const [, name, rest = ''] = PREFIX.exec(text) ?? [];
  if (name === undefined) return { words: text.includes(':') ? [text] : [text, ...text.split(/\s+/)] };
  if (VALUED_DIRECTIVES.has(name)) return { words: [text] };
  if (disallowed.has(name)) return { words: TAKEN_BACK.has(rest) ? [] : [name] };
  const { agent, words } = readPart(rest, disallowed);
  return { agent: name, words: agent === undefined ? words : [] };
}
