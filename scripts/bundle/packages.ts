// Which packages lie in dist/, and which are left to the loader.

/** The chunk of small packages. */
const LIGHT_CHUNK = 'light';

/** Whether loading a package, or a chunk of such, costs so little that it may be loaded for nothing. */
export const isLight = (name: string): boolean => name === LIGHT_CHUNK || name === 'picomatch';

/**
 * Packages of many files that commands load, by the chunk that each lies in; what they import in turn lies there too.
 * Loading a file takes a millisecond of CPU time whatever is in it, and these have from 10 to 300.
 */
const BUNDLED: Readonly<Record<string, string>> = {
  yargs: 'yargs',
  undici: 'undici',
  '@duckdb/node-api': 'duckdb',
  'apache-arrow': 'arrow',
  hyparquet: 'hyparquet',
  'hyparquet-writer': 'hyparquet',
  linkedom: 'charts',
  '@observablehq/plot': 'charts',
  'brace-expansion': LIGHT_CHUNK,
  'cli-progress': LIGHT_CHUNK,
  leven: LIGHT_CHUNK,
  'p-limit': LIGHT_CHUNK,
  tinyqueue: LIGHT_CHUNK,
};

/** They have binaries beside them, or look for files by their own place. */
const NEVER_BUNDLED = ['@duckdb/node-bindings', 'canvas'];

/** What makes the Arrow that callers of the API are given: of the package that they import, and not of a copy in dist/. */
const HANDS_OUT_ARROW = 'tables/reading/arrow-batches.ts';

/** Functions that the bundler writes calls of. */
const HELPERS = '@oxc-project/runtime';

/** `a/b/c.js` is of `a`, `@a/b/c.js` of `@a/b`. */
export function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The package that a file lies in; undefined for one of ours. */
export function packageOfFile(path: string): string | undefined {
  const [, inside] = /.*\/node_modules\/(.+)$/s.exec(path) ?? [];
  return inside === undefined ? undefined : packageOf(inside);
}

/** The chunk of a package that commands load; undefined for what such packages import, and for what is not bundled. */
export const chunkOfPackage = (name: string): string | undefined => BUNDLED[name];

/** Whether an import is left to Node's loader: its own modules, and packages that are not bundled. */
export function isExternal(target: string, importer: string | undefined): boolean {
  if (importer === undefined || /^[./\0]/.test(target)) return false;
  const name = packageOf(target);
  if (name === HELPERS) return false;
  if (target.startsWith('node:') || NEVER_BUNDLED.includes(name)) return true;
  if (name === 'apache-arrow' && importer.endsWith(HANDS_OUT_ARROW)) return true;
  // What a bundled package imports is bundled with it.
  return chunkOfPackage(name) === undefined && packageOfFile(importer) === undefined;
}
