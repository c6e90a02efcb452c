import { existsSync } from 'node:fs';
import { type FlagTable, usageError } from './flags.ts';

/** Words that say yes or no elsewhere, behind a switch in a word of their own. */
const YES_OR_NO = /^(yes|no|y|n|on|off|0|1|none)$/i;

/**
 * The words with the value of each switch behind its `=`: img2dataset's users write `--save_images True`, as Python spells truth, and yargs
 * would take that word for an input.
 *
 * @param args as `normaliseArguments` gives them
 */
export function joinTruthValues(args: readonly string[], table: FlagTable): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return [...joined, ...args.slice(at)];
    const { name, value } = switchIn(arg, table) ?? {};
    const next = truthOf(args[at + 1]);
    if (name === undefined || (value === undefined && next === undefined)) joined.push(arg);
    else if (value !== undefined) joined.push(`--${name}=${truthOf(value) ?? value}`);
    else {
      joined.push(`--${name}=${next}`);
      at++;
    }
  }
  return joined;
}

/**
 * Refuses `--save-embeddings=yes` and `--save-embeddings yes`: yargs would take every word but `true` for false, or the word for an input.
 *
 * @param args as `joinTruthValues` gives them
 * @throws BowerbirdError BB_USAGE
 */
export function refuseBooleanValues(args: readonly string[], table: FlagTable): void {
  for (const [at, arg] of args.entries()) {
    if (arg === '--') return;
    const { name, value } = switchIn(arg, table) ?? {};
    if (name === undefined) continue;
    const next = args[at + 1] ?? '';
    const said = value ?? (YES_OR_NO.test(next) && !existsSync(next) ? next : undefined);
    if (said === undefined || truthOf(said) !== undefined) continue;
    throw usageError(`--${name} takes no value but true or false, not ${JSON.stringify(said)}.`);
  }
}

/** A switch, and what stands behind its `=`. */
function switchIn(
  arg: string,
  table: FlagTable,
): { readonly name: string; readonly value: string | undefined } | undefined {
  const [, name, value] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg) ?? [];
  return name !== undefined && table[name]?.type === 'boolean' ? { name, value } : undefined;
}

function truthOf(word: string | undefined): string | undefined {
  return word !== undefined && /^(true|false)$/i.test(word) ? word.toLowerCase() : undefined;
}
