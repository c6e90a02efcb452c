import { dirname, relative, resolve, sep } from 'node:path';
import { isPartOfKind, type OutputKind, outputKindOf } from '../../base/output-kinds.ts';

/** The folders that a command which wrote this file may have had as its output. */
export function outputsAround(path: string): string[] {
  return [dirname(path), dirname(dirname(path))];
}

/** The outputs of commands that files lie in, each folder looked at once. */
export class OutputKinds {
  readonly #kinds = new Map<string, OutputKind | undefined>();

  around(path: string): { readonly folder: string; readonly kind: OutputKind } | undefined {
    for (const folder of outputsAround(path)) {
      if (!this.#kinds.has(folder)) this.#kinds.set(folder, outputKindOf(folder));
      const kind = this.#kinds.get(folder);
      if (kind) return { folder, kind };
    }
    return undefined;
  }

  /** Whether a file is one of those that make up an output: nobody has laid it there. */
  isPart(path: string): boolean {
    const output = this.around(path);
    return output !== undefined && isPartOfKind(output.kind, relative(output.folder, path));
  }
}

/**
 * Which outputs of earlier commands lie among the inputs, in a line each, unless they are what was named.
 *
 * @param files what is read
 * @param inStores what is passed over: files of stores and slices
 */
export function outputNotes(
  files: readonly string[],
  inputs: readonly string[],
  inStores: ReadonlySet<string>,
): string[] {
  const kinds = new OutputKinds();
  const named = inputs.map((input) => resolve(input));
  const counts = new Map<string, number>();
  for (const path of files) {
    const output = kinds.around(path);
    // Whoever names the folder, or something in it, means it.
    if (!output || named.some((name) => name === output.folder || name.startsWith(output.folder + sep)))
      continue;
    const name = `${output.folder} (${output.kind})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const notes = [...counts].map(
    ([name, count]) =>
      `Among the inputs lies ${name}: ${count === 1 ? '1 file' : `${count} files`} of it ${count === 1 ? 'is' : 'are'} read too. ` +
      'Name the others by a pattern where that is not meant.',
  );
  // Off this machine slices alone are known by their files.
  const outputOf = (path: string) => kinds.around(path) ?? { folder: dirname(path), kind: 'a slice' };
  const stores = new Map([...inStores].map(outputOf).map(({ folder, kind }) => [folder, kind]));
  return [...notes, ...[...stores].map(([store, kind]) => `Passed over ${store}: ${kind} is no input file.`)];
}
