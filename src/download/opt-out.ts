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

/** Says whether the X-Robots-Tag header lines of a response opt the image out. */
export type OptOutRule = (lines: string | readonly string[] | undefined) => boolean;

/**
 * A rule for these directives. As with img2dataset, a directive counts when it is addressed to nobody, or to our
 * token; further, when it is addressed to `*` or to `bowerbird`. Directives after a user agent's name belong to that
 * user agent until the header line ends or the next name comes (proxies join lines with commas). Letter case and
 * white space do not matter. Values with colons and commas (`unavailable_after: Friday, 25 Jun 2010 15:00:00 PST`)
 * are not taken for user agents.
 */
export function optOutRule(directives: readonly string[], userAgentToken: string): OptOutRule {
  const disallowed = new Set(directives.map((directive) => directive.trim().toLowerCase()));
  const ourNames = new Set(['*', PRODUCT_TOKEN, userAgentToken.toLowerCase()]);
  if (disallowed.size === 0) return () => false;
  return (lines) => {
    if (lines === undefined) return false;
    const all = typeof lines === 'string' ? [lines] : lines;
    return all.some((line) =>
      directivesForUs(line.toLowerCase(), ourNames).some((word) => disallowed.has(word)),
    );
  };
}

function directivesForUs(line: string, ourNames: ReadonlySet<string>): string[] {
  const found: string[] = [];
  let isForUs = true;
  for (const part of line.split(',')) {
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
