import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expand } from 'brace-expansion';
import type Picomatch from 'picomatch';
import type { GlobOptions } from 'tinyglobby';
import { isRemote, rememberUrl } from '../../storage/storage.ts';
import { TableError } from '../errors.ts';

/** More files than that in one run are a slip of the hand. */
const MOST_NAMES = 100_000;
/** Every file found is held against every pattern. */
const MOST_PATTERNS = 10_000;
/** Names that are told of at most. */
const MOST_TOLD = 3;

/**
 * Inputs with the names in the place of braces that stand for names: `{00000..00099}.tar`, `{a,b}.csv`, one within another, as bash and
 * the webdataset library have them. What is there under its very name stays, so do URLs (`expandRemote`), of which what may be secret is kept apart, and so does a pattern with wildcards: what it finds
 * shows when it is looked for (`globBraced`).
 *
 * @throws TableError BB_INPUT_NOT_FOUND where one of the names is not there, BB_USAGE for more than 100,000
 */
export function namesInBraces(inputs: readonly string[]): string[] {
  return inputs.map(rememberUrl).flatMap((input) => {
    if (isPlain(input)) return [input];
    const names = expandBraces(input, MOST_NAMES);
    const missing = names.filter((name) => !existsSync(name));
    if (missing.length === 0) return names;
    if (names.length === 1 || missing.some(hasWildcards)) return [input];
    throw missingNames(input, names.length, missing);
  });
}

/** What a pattern finds, its braces read as by `namesInBraces`. @throws TableError BB_USAGE */
export async function globBraced(pattern: string, options: GlobOptions): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  if (isPlain(pattern)) return glob(pattern, options);
  return glob(expandBraces(pattern, MOST_PATTERNS), { ...options, braceExpansion: false });
}

function isPlain(input: string): boolean {
  return !input.includes('{') || existsSync(input) || isRemote(input);
}

/** As tinyglobby has it. */
function hasWildcards(name: string): boolean {
  const picomatch: typeof Picomatch = createRequire(import.meta.url)('picomatch');
  const { isGlob, negated } = picomatch.scan(name);
  return isGlob || negated;
}

/** @throws TableError BB_USAGE */
function expandBraces(input: string, most: number): string[] {
  // No name is longer than the pattern, so their number bounds their length too.
  const names = expand(input, { max: most + 1, maxLength: Number.POSITIVE_INFINITY });
  if (names.length <= most) return names;
  throw new TableError('BB_USAGE', `${input} stands for more than ${most} names. Give a shorter range.`, {
    fields: { input },
  });
}

function missingNames(input: string, count: number, missing: readonly string[]): TableError {
  const told = missing.slice(0, MOST_TOLD).join(', ') + (missing.length > MOST_TOLD ? ', ...' : '');
  const are = missing.length === 1 ? 'is' : 'are';
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `${input} stands for ${count} names, of which ${missing.length} ${are} not there: ${told}. Check the range, or fetch what is missing.`,
    { fields: { input, missing: missing.length } },
  );
}
