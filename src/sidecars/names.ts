import { basename, dirname, join, relative, sep } from 'node:path';
import { SIDECAR_SUFFIX, sidecarStem } from '../tables/inputs/sidecar-names.ts';

/** Where sidecars go: beside each input, or into a folder in which they lie as the inputs lie. */
export type SidecarPlace = { readonly beside: true } | { readonly folder: string };

/**
 * A path for the sidecar of each input, in their order: `00000.scores.parquet` of `00000.tar`. Where two inputs of a folder
 * would share one (`a.tar`, `a.tar.gz`), both keep their whole names: `a.tar.scores.parquet`.
 *
 * @param inputs absolute paths
 */
export function sidecarPaths(inputs: readonly string[], place: SidecarPlace): string[] {
  const top = 'folder' in place ? commonFolder(inputs) : undefined;
  const pathOf = (input: string, stem: string): string => {
    const folder = 'folder' in place ? join(place.folder, relative(top!, dirname(input))) : dirname(input);
    return join(folder, `${stem}${SIDECAR_SUFFIX}`);
  };
  const paths = inputs.map((input) => pathOf(input, sidecarStem(basename(input))));
  const uses = new Map<string, number>();
  for (const path of paths) uses.set(path, (uses.get(path) ?? 0) + 1);
  return paths.map((path, i) => (uses.get(path)! > 1 ? pathOf(inputs[i]!, basename(inputs[i]!)) : path));
}

/** The folder that all of some paths lie in, the lowest there is. */
function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => dirname(path).split(sep));
  const [first = [], ...others] = folders;
  let depth = first.length;
  for (const folder of others) {
    let same = 0;
    while (same < depth && folder[same] === first[same]) same++;
    depth = same;
  }
  return first.slice(0, depth).join(sep) || sep;
}
