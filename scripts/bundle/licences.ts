import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { isExternal, packageOfFile } from './packages.ts';

const LICENCE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** The folder of a package, from the path of a file in it; undefined for one of ours. */
function packageFolderOf(file: string): string | undefined {
  const name = packageOfFile(file);
  if (name === undefined) return undefined;
  const inside = file.lastIndexOf(`/node_modules/${name}/`);
  return file.slice(0, inside + `/node_modules/${name}`.length);
}

/** What packages name as their dependencies, and those in turn: files of a package may hold code of others. */
function withDependencies(folders: ReadonlySet<string>): Set<string> {
  const found = new Set(folders);
  for (const folder of found) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      const dependency = installedFor(folder, name);
      if (dependency !== undefined && !isExternal(name, join(folder, 'index.js'))) found.add(dependency);
    }
  }
  return found;
}

/** Where Node finds a package from a folder. */
function installedFor(folder: string, name: string): string | undefined {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const installed = join(at, 'node_modules', name);
    if (existsSync(join(installed, 'package.json'))) return installed;
  }
  return undefined;
}

/** The texts that a package's terms ask to be handed on. @throws Error where it has none */
function termsOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0) texts.push(readmeLicence(folder) ?? `${license} (the package has no text of it)`);
  return [`${name} ${version}`, ...texts].join('\n\n');
}

function readmeLicence(folder: string): string | undefined {
  const file = join(folder, 'README.md');
  if (!existsSync(file)) return undefined;
  return /^#+ *licen[cs]e\b.*$[\s\S]*/im.exec(readFileSync(file, 'utf8'))?.[0].trim();
}

/** Writes the licences of the packages whose code is in the bundle beside it. */
export function licences(fileName: string): Plugin {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((output) =>
        output.type === 'chunk' ? output.moduleIds : [],
      );
      const folders = new Set(files.flatMap((file) => packageFolderOf(file.replaceAll('\\', '/')) ?? []));
      const source = [...withDependencies(folders)]
        .sort()
        .map(termsOf)
        .join(`\n\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName, source: `${source}\n` });
    },
  };
}
