// Keeps the house in order: a room imports only from the rooms that the table allows, and no imports form a cycle.
// Run by `npm test`. The table is docs/architecture.md's; a room that is missing there fails.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageFolder } from '../src/base/package.ts';

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  samples: ['base'],
  scores: ['base', 'samples'],
  tables: ['base', 'samples'],
  shards: ['base', 'samples', 'tables'],
  download: ['base', 'samples'],
  decode: ['base'],
  models: ['base'],
  embed: ['base', 'models'],
  heads: ['base', 'models'],
  report: ['base', 'samples', 'scores'],
  runs: ['base', 'samples', 'scores', 'tables', 'shards', 'models', 'heads', 'report'],
  pipeline: [
    'base',
    'samples',
    'scores',
    'tables',
    'shards',
    'download',
    'decode',
    'models',
    'embed',
    'heads',
    'report',
    'runs',
  ],
  rescore: ['base', 'samples', 'scores', 'tables', 'shards', 'heads', 'runs'],
  store: ['base', 'samples'],
  tally: ['base', 'samples', 'scores', 'tables', 'store'],
  subset: ['base', 'samples', 'scores', 'tables'],
  serve: ['base', 'samples', 'store'],
  demo: ['base'],
  api: ['base', 'samples', 'heads', 'store', 'runs'],
};

/** Packages that one room alone may use. */
const OWNED_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['tables', 'shards', 'subset', 'tally', 'rescore'],
  'apache-arrow': ['tables'],
  'parquetjs-lite': ['tables'],
  undici: ['download'],
  lmdb: ['store'],
  sharp: ['decode', 'demo'],
  'onnxruntime-node': ['embed'],
  yargs: ['cli'],
  'cli-progress': ['cli'],
  jsdom: ['report'],
  fastify: ['serve'],
  '@fastify/bearer-auth': ['serve'],
  '@fastify/cors': ['serve'],
  '@fastify/rate-limit': ['serve'],
  '@fastify/swagger': ['serve'],
  '@fastify/swagger-ui': ['serve'],
  '@fastify/under-pressure': ['serve'],
  'prom-client': ['serve'],
  '@observablehq/plot': ['report'],
};

/**
 * Packages that one file alone may load, in all of the repository: it makes them fit to be loaded (see there). Types
 * may be imported by others.
 */
const ENTRANCES: Readonly<Record<string, string>> = { 'onnxruntime-node': 'src/embed/onnxruntime.ts' };

const sourceFolder = join(packageFolder, 'src');

function listFiles(): string[] {
  return readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(sourceFolder, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
}

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

const roomOf = (file: string): string => file.split('/')[0]!;

function checkImport(file: string, target: string): string | undefined {
  const room = roomOf(file);
  if (room === 'cli') return undefined;
  if (!target.startsWith('.')) {
    const owners = OWNED_PACKAGES[target];
    return owners && !owners.includes(room)
      ? `${file} imports ${target}, which belongs to ${owners.join(', ')}`
      : undefined;
  }
  const targetRoom = roomOf(relative(sourceFolder, resolve(sourceFolder, dirname(file), target)));
  if (targetRoom === room) return undefined;
  const allowed = ALLOWED[room];
  if (!allowed) return `${file} lies in a room that the import table does not know`;
  return allowed.includes(targetRoom)
    ? undefined
    : `${file} imports from ${targetRoom}, which ${room} may not`;
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
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

const files = listFiles();
const problems = files.flatMap((file) =>
  importsOf(file).flatMap((target) => checkImport(file, target) ?? []),
);
const graph = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => relative(sourceFolder, resolve(sourceFolder, dirname(file), target))),
  ]),
);
const cycle = findCycle(graph);
problems.push(...checkEntrances());
if (cycle) problems.push(`import cycle: ${cycle.join(' -> ')}`);
for (const problem of problems) console.error(problem);
console.log(`${files.length} source files, ${problems.length} breaches of the import table`);
process.exitCode = problems.length > 0 ? 1 : 0;
