import { basename } from 'node:path';
import { archiveStem } from './archives.ts';

/** What the name of a sidecar ends with. */
export const SIDECAR_SUFFIX = '.scores.parquet';

/** Whether a file is a sidecar by its name. */
export function isSidecarName(path: string): boolean {
  return path.endsWith(SIDECAR_SUFFIX);
}

const TABLE_NAME = /\.(parquet|pq|parq|csv|tsv|jsonl|ndjson|json|txt|npy)(\.(gz|zst))?$/i;

/** What a sidecar has of its input's name: `00000` of `00000.tar`, a folder's whole name. */
export function sidecarStem(name: string): string {
  return archiveStem(name).replace(TABLE_NAME, '') || name;
}

/** Files without the sidecars of others among them: those hold scores of a run, and are no inputs of the next. */
export function withoutSidecars<File extends { readonly path: string }>(
  files: readonly File[],
): readonly File[] {
  const known = new Set<string>();
  for (const { path } of files) {
    const name = basename(path);
    if (isSidecarName(name)) continue;
    for (const stem of [name, sidecarStem(name)]) known.add(path.slice(0, -name.length) + stem);
  }
  return files.filter(
    ({ path }) => !isSidecarName(path) || !known.has(path.slice(0, -SIDECAR_SUFFIX.length)),
  );
}
