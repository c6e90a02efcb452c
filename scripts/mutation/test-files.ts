import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/** Built files under a folder of the build folder, relative to that, in order. */
export function builtFiles(buildFolder: string, folder: string): string[] {
  if (!existsSync(join(buildFolder, folder))) return [];
  return readdirSync(join(buildFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name))
    .sort();
}

/** Which tests are near a file: those of its room, and those elsewhere that import it themselves. */
export class TestFiles {
  readonly #buildFolder: string;
  readonly #imports: ReadonlyMap<string, readonly string[]>;

  constructor(buildFolder: string) {
    this.#buildFolder = buildFolder;
    const tests = builtFiles(buildFolder, 'test').filter((path) => path.endsWith('.test.js'));
    this.#imports = new Map(tests.map((path) => [path, this.#importsOf(path)]));
  }

  /**
   * @param source a built file, such as `src/base/lock.js`
   * @param also further test files, by the beginning of their paths: `test/end-to-end/resume`
   */
  near(
    source: string,
    also: readonly string[],
  ): { readonly own: readonly string[]; readonly others: readonly string[] } {
    const room = `${dirname(source).split('/').slice(0, 2).join('/').replace(/^src/, 'test')}/`;
    const others = [...this.#imports].filter(
      ([path, imports]) =>
        !path.startsWith(room) &&
        (also.some((beginning) => path.startsWith(beginning)) ||
          (!path.startsWith('test/end-to-end/') && imports.includes(source))),
    );
    return {
      own: [...this.#imports.keys()].filter((path) => path.startsWith(room)),
      others: others.map(([path]) => path),
    };
  }

  #importsOf(path: string): string[] {
    const text = readFileSync(join(this.#buildFolder, path), 'utf8');
    return [...text.matchAll(IMPORT)].map((match) => join(dirname(path), match[1]!));
  }
}
