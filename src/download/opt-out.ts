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
 * like a comma, which some hosts write. Letter case and white space do not matter. Values with colons and commas (`unavailable_after: Friday, 25 Jun 2010 15:00:00 PST`)
 * are not taken for user agents.
 */
export function robotsTagRule(directives: readonly string[], userAgentToken: string): RobotsTagRule {
  const disallowed = new Set(directives.map((directive) => directive.trim().toLowerCase()));
  const ourNames = new Set(['*', PRODUCT_TOKEN, userAgentToken.toLowerCase()]);
  if (disallowed.size === 0) return () => false;
  return (lines) =>
    lines.some((line) => directivesForUs(line.toLowerCase(), ourNames).some((word) => disallowed.has(word)));
}

function directivesForUs(line: string, ourNames: ReadonlySet<string>): string[] {
  const found: string[] = [];
  let isForUs = true;
  for (const part of line.split(/[,;]/)) {
    const { agent, directive } = splitPrefix(part.trim());
    if (agent !== undefined) isForUs = ourNames.has(agent);
    if (isForUs) found.push(directive);
  }
  return found;
}

function splitPrefix(part: string): { agent?: string; directive: string } {
  const match = PREFIX.exec(part);
  if (!match || VALUED_DIRECTIVES.has(match[1]!)) return { directive: part };
  return { agent: match[1]!, directive: match[2]! };
}
