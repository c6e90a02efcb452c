// In which chunk of dist/ a module lies. To load a file takes a millisecond of CPU time, to compile what is in it 0.06 ms a KiB,
// used or not: so small modules that many commands need lie together, and others where they are needed.
import { basename } from 'node:path';
import type { ModuleInfo } from 'rolldown';
import { chunkOfPackage, isLight, packageOf, packageOfFile } from './packages.ts';

/** Commands that need a module at once, at the least, for it to lie where all commands load it. */
const LEAST_COMMANDS = 4;
/** Parts that need a module, at the least, for it to lie with all such. */
const LEAST_PARTS = 20;

/** What every command line loads. */
const LINE = ['command-line.ts', 'parser.ts'];

/** What is known of a module once all are read. */
export type InfoOf = (id: string) => ModuleInfo | null;

/** What is loaded at once: a script, or what an `import()` gives; with all that it imports. */
interface Part {
  readonly id: string;
  readonly modules: ReadonlySet<string>;
}

/** What some modules import, and what that imports, themselves included. */
function importedBy(starts: Iterable<string>, infoOf: InfoOf): Set<string> {
  const found = new Set(starts);
  for (const id of found) for (const target of infoOf(id)?.importedIds ?? []) found.add(target);
  return found;
}

function listParts(entries: readonly string[], infoOf: InfoOf): Part[] {
  const parts = new Map<string, Part>();
  const waiting = new Set(entries);
  for (const id of waiting) {
    const modules = importedBy([id], infoOf);
    parts.set(id, { id, modules });
    for (const module of modules)
      for (const lazy of infoOf(module)?.dynamicallyImportedIds ?? []) waiting.add(lazy);
  }
  return [...parts.values()];
}

/** A package that is loaded when the module is that asks for it, which no import shows. */
const REQUIRED = /createRequire\(import\.meta\.url\)\(\s*'([^']+)'/g;

/** Packages that modules load, by themselves or by what they import: nobody is to load them for the sake of another of a chunk. */
function weighing(infoOf: InfoOf): (id: string) => ReadonlySet<string> {
  const known = new Map<string, Set<string>>();
  const ownOf = (id: string): readonly string[] => {
    const fileOf = packageOfFile(id);
    if (fileOf !== undefined) return [chunkOfPackage(fileOf) ?? fileOf];
    const code = infoOf(id)?.code;
    if (code == null) return id.startsWith('node:') ? [] : [packageOf(id)];
    return [...code.matchAll(REQUIRED)].map(([, required]) => required!);
  };
  const weightsOf = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found) return found;
    const weights = new Set(ownOf(id).filter((weight) => !isLight(weight)));
    known.set(id, weights);
    if (packageOfFile(id) === undefined)
      for (const target of infoOf(id)?.importedIds ?? [])
        for (const weight of weightsOf(target)) weights.add(weight);
    return weights;
  };
  return weightsOf;
}

/** The chunk of each file of a package: where those lie through which our modules come to it. */
function packageChunks(modules: Iterable<string>, infoOf: InfoOf): Map<string, string> {
  const doors = new Map<string, string[]>();
  for (const id of modules) {
    const chunk = chunkOfPackage(packageOfFile(id) ?? '');
    if (chunk !== undefined) doors.set(chunk, [...(doors.get(chunk) ?? []), id]);
  }
  const chunks = new Map<string, string>();
  for (const [chunk, ids] of [...doors].sort())
    for (const id of importedBy(ids, infoOf))
      if (packageOfFile(id) !== undefined) chunks.set(id, [chunks.get(id), chunk].filter(Boolean).join('-'));
  return chunks;
}

/** Modules whose functions are sent to browsers as texts (src/base/script-text.ts). */
const SENT = /\/src\/(?:(\w+)\/page\/script\/|web\/(page-words)\.|report\/(what-if-script)\.)/;

/** The chunk of a module that is sent: nothing else lies there, whose names could be those of its functions. */
export function chunkOfSent(id: string): string | undefined {
  const [, ...found] = SENT.exec(id.replaceAll('\\', '/')) ?? [];
  const name = found.find(Boolean);
  return name === undefined ? undefined : `sent-${name}`;
}

/** Numbers for names, in the order in which they are asked for. */
function numbering(prefix: string): (key: string) => string {
  const names = new Map<string, string>();
  return (key) => {
    if (!names.has(key)) names.set(key, `${prefix}${names.size + 1}`);
    return names.get(key)!;
  };
}

/**
 * Names the chunk of each module; of those that lie with what needs them alone, none. What a module imports is needed by as many
 * parts as it is itself, and loads no more: so a chunk imports none that loads what it does not load itself.
 */
export function planChunks(entries: readonly string[], infoOf: InfoOf): ReadonlyMap<string, string> {
  const parts = listParts(entries, infoOf);
  const line = parts.filter(({ id }) => LINE.includes(basename(id)));
  const weightsOf = weighing(infoOf);
  const users = new Map<string, Part[]>();
  for (const part of parts)
    for (const module of part.modules) users.set(module, [...(users.get(module) ?? []), part]);
  const [shared, others] = [numbering('shared-'), numbering('part-')];
  const chunkOf = (id: string, of: readonly Part[]): string => {
    const weights = [...weightsOf(id)].sort();
    const commands = of.filter((part) => part.id.endsWith('-command.ts'));
    if (line.some(({ modules }) => modules.has(id))) return 'line';
    if (weights.length === 0 && commands.length >= LEAST_COMMANDS) return 'commands';
    if (of.length >= LEAST_PARTS) return shared(weights.join());
    return others([...weights, ...of.map((part) => part.id)].join());
  };
  const chunks = packageChunks(users.keys(), infoOf);
  for (const [id, of] of users)
    if (of.length > 1 && infoOf(id)?.code != null && packageOfFile(id) === undefined)
      chunks.set(id, chunkOf(id, of));
  for (const id of users.keys()) {
    const sent = chunkOfSent(id);
    if (sent !== undefined) chunks.set(id, sent);
  }
  return chunks;
}
