import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { expand } from 'brace-expansion';
import type Picomatch from 'picomatch';
import type { GlobOptions } from 'tinyglobby';
import { shownBelow } from '../../base/shown-names.ts';
import { isRemote, rememberUrl, shownUrl } from '../../storage/storage.ts';
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

/**
 * What a pattern finds, its braces read as by `namesInBraces`, without what is passed over by its name and not meant by the pattern (`shownBelow`).
 *
 * @throws TableError BB_USAGE
 */
export async function globBraced(pattern: string, options: GlobOptions): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const patterns = isPlain(pattern) ? [pattern] : patternsIn(pattern);
  const found = await glob(patterns, { ...options, braceExpansion: false });
  const folder = fixedFolder(pattern);
  const isShown = shownBelow(patterns.flatMap((each) => relative(folder, each).split(sep)));
  return found.filter((path) => resolve(path) === folder || isShown(relative(folder, path)));
}

/** The patterns that one with braces stands for. @throws TableError BB_USAGE for more than 10,000 */
export function patternsIn(pattern: string): string[] {
  return expandBraces(pattern, MOST_PATTERNS);
}

/** The folder that a pattern of paths starts from, absolute: what it names without a wildcard. */
export function fixedFolder(pattern: string): string {
  const parts = resolve(pattern).split(sep);
  const first = parts.findIndex((part) => /[*?[\]{}()!+@]/.test(part));
  return first < 0 ? resolve(pattern) : resolve(sep, ...parts.slice(0, first));
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

/**
 * What braces stand for, each name once they are written out, whether it is there or not.
 *
 * @throws TableError BB_USAGE for more names than `most`
 */
export function expandBraces(input: string, most = MOST_NAMES): string[] {
  // No name is longer than the pattern, so their number bounds their length too.
  const names = expand(input, { max: most + 1, maxLength: Number.POSITIVE_INFINITY });
  if (names.length <= most) return names;
  const shown = shownUrl(input);
  throw new TableError('BB_USAGE', `${shown} stands for more than ${most} names. Give a shorter range.`, {
    fields: { input: shown },
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
