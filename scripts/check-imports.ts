// Keeps the house in order: a room imports only from the rooms that the table allows, and only by their doors; a package
// stays in its room; no imports form a cycle. Run by `npm test`. The table is scripts/house/rooms.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../src/base/package.ts';
import { listBreaches } from './house/breaches.ts';
import { importsOf, listSources, sourceFolder } from './house/imports.ts';
import { ROOMS } from './house/rooms.ts';

/**
 * Packages that one file alone may load, in all of the repository: it makes them fit to be loaded (see there). Types
 * may be imported by others.
 */
const ENTRANCES: Readonly<Record<string, string>> = { 'onnxruntime-node': 'src/embed/onnxruntime.ts' };

/** An `import`, dynamic `import()` or `require()` of a package; `import type` leaves nothing behind when it is built. */
function loads(text: string, target: string): boolean {
  return new RegExp(`(?<!import type [^;]*)(?:from|import|require)\\s*\\(?\\s*['"]${target}['"/]`).test(text);
}

function checkEntrances(): string[] {
  const names = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
    readdirSync(join(packageFolder, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  );
  return names
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join(packageFolder, name), 'utf8');
      return Object.entries(ENTRANCES)
        .filter(([target, entrance]) => name !== entrance && loads(text, target))
        .map(([target, entrance]) => `${name} loads ${target}, whose only entrance is ${entrance}`);
    });
}

const files = listSources(sourceFolder);
const problems = [
  ...listBreaches(
    ROOMS,
    files,
    files.flatMap((file) => importsOf(file)),
  ),
  ...checkEntrances(),
];
for (const problem of problems) console.error(problem);
console.log(`${files.length} source files, ${problems.length} breaches of the table of rooms`);
process.exitCode = problems.length > 0 ? 1 : 0;
