import { PathPattern } from './path-pattern.ts';

/** What W3C's TDM Reservation Protocol says of a path. */
export interface TdmReservation {
  readonly reservation: 0 | 1;
  /** Where it is said how a licence can be had. */
  readonly policy: string | null;
}

/** The rules of a `/.well-known/tdmrep.json`. */
export interface TdmRules {
  /**
   * What is said of a path; undefined where nothing is.
   *
   * @param path as `normalPath` gives it
   */
  find(path: string): TdmReservation | undefined;
}

/** A file that says nothing. */
export const NO_TDM_RULES: TdmRules = { find: () => undefined };

interface Rule extends TdmReservation {
  readonly pattern: PathPattern;
}

/**
 * Reads a tdmrep.json: a list of rules with patterns as in robots.txt, of which the first that matches counts (W3C's final
 * report of 10 May 2024, 6.1). What is no such file, and what is no such rule, says nothing.
 *
 * @param text its content
 */
export function parseTdmFile(text: string): TdmRules {
  const rules = listOf(text).flatMap((entry) => ruleIn(entry) ?? []);
  return { find: (path) => rules.find(({ pattern }) => pattern.matches(path)) };
}

function listOf(text: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}

function ruleIn(entry: unknown): Rule | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { location, 'tdm-reservation': value, 'tdm-policy': policy } = entry as Record<string, unknown>;
  const reservation = Number(value);
  if (typeof location !== 'string' || (reservation !== 0 && reservation !== 1) || !isScalar(value))
    return undefined;
  // JSON has characters, patterns have octets.
  const pattern = new PathPattern(Buffer.from(location).toString('latin1'));
  return { pattern, reservation, policy: typeof policy === 'string' ? policy : null };
}

function isScalar(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
}
