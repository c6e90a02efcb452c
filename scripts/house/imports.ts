import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';

/**
 * One `import`, `export ... from`, `require` or script of a child process in a file of src/; type imports count, since who
 * knows a type knows the room.
 */
export interface Import {
  /** From src/: `runs/stats.ts`. */
  readonly file: string;
  /** A file of src/ in the same form, or a package. */
  readonly target: string;
  readonly isPackage: boolean;
  /** The script of a thread or process: it may know who starts it. */
  readonly isStarted?: true;
}

export const sourceFolder = join(packageFolder, 'src');

/** The TypeScript files under a folder, from that folder, sorted. */
export function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

/** Static imports are as the formatter writes them; what is called may have been written in any way. */
const IMPORT = new RegExp(
  [
    /^import\s[^;'"]*?\bfrom\s*'([^'\n]+)'/,
    /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;'"]*?\bfrom\s*'([^'\n]+)'/,
    /^import\s*'([^'\n]+)'/,
    /\bimport\(\s*(?:\/\*.*?\*\/\s*)?['"`]([^'"`\n]+)['"`]/,
    /\brequire\(\s*['"`]([^'"`\n]+)['"`]/,
    /\bcreateRequire\([^()]*\)\(\s*['"`]([^'"`\n]+)['"`]/,
    /\bnew URL\(\s*['"`](\.[^'"`\n]+\.js)['"`]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

/** All imports of a file, node's own modules left out. @param folder the src/ that it lies in */
export function importsOf(file: string, folder: string = sourceFolder): Import[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return [...text.matchAll(IMPORT)]
    .map((match) => match.slice(1).find((target) => target !== undefined)!)
    .filter((target) => !target.startsWith('node:'))
    .map((target) =>
      target.startsWith('.')
        ? fileImport(file, relative(folder, resolve(folder, dirname(file), target)))
        : { file, target: packageOf(target), isPackage: true },
    );
}

/** Scripts are started by the name of what is made of their source. */
function fileImport(file: string, target: string): Import {
  if (!target.endsWith('.js')) return { file, target, isPackage: false };
  return { file, target: target.replace(/\.js$/, '.ts'), isPackage: false, isStarted: true };
}

/** `@a/b` of `@a/b/c`, `a` of `a/c`. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

export function roomOf(file: string): string {
  return file.split('/')[0]!;
}

/** A way from a file back to itself, both ends named; undefined where there is none. */
export function findCycle(imports: readonly Import[]): string[] | undefined {
  const graph = new Map<string, string[]>();
  for (const { file, target, isPackage, isStarted } of imports) {
    if (!isPackage && !isStarted) graph.set(file, [...(graph.get(file) ?? []), target]);
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (done.has(file)) return undefined;
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}
