import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** A hook of Node's loader that writes down what is imported; CommonJS that such a module requires is not seen. */
const hook = (list: string): string => `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(${JSON.stringify(list)}, url + '\\n');
    return next(url, context);
  }`;

const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

/** What a command line imports, as URLs of files, and what it prints. @param main the program, as it is compiled for tests by default */
export function loadedModules(
  args: readonly string[],
  main: string = MAIN,
): {
  readonly modules: string[];
  readonly stdout: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-modules-'));
  try {
    const list = join(folder, 'modules.txt');
    const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hook(list)))});`;
    const { stdout } = spawnSync(process.execPath, ['--import', asUrl(register), main, ...args], {
      encoding: 'utf8',
    });
    const urls = readFileSync(list, 'utf8').split('\n');
    return { modules: [...new Set(urls.filter((url) => url.startsWith('file:')))], stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
