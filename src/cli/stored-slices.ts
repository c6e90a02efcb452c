import { BowerbirdError } from '../base/errors.ts';
import { isPartOfKind } from '../base/output-kinds.ts';
import { SLICE_FILE } from '../base/slices/slice-record.ts';
import { isRemote } from '../storage/storage.ts';

/**
 * Paths of slices that may lie elsewhere: those are copied here first, whole, and looked through here.
 *
 * @param given folders of slices, or folders that have such in them; paths and URLs
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_OUTPUT_UNFINISHED, BB_DISK_FULL, BB_TEMPORARY_FOLDER, BB_STORAGE_*
 */
export async function slicesHere(given: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const slice of given) paths.push(isRemote(slice) ? await copySlices(slice) : slice);
  return paths;
}

async function copySlices(given: string): Promise<string> {
  const { FolderCopy } = await import('../storage/folder-copy.ts');
  const copy = await FolderCopy.open(given);
  const wanted = slicesIn(copy.names);
  if (wanted.size === 0)
    throw new BowerbirdError(
      'BB_INPUT_NOT_FOUND',
      `${copy.url} is no slice, and no folder of slices: there is no ${SLICE_FILE} in it. Slices are made with --slice I/N.`,
      { fields: { path: copy.url } },
    );
  await copy.fetch((name) => wanted.has(name));
  return copy.path;
}

/** The files of the slice that lies in a folder or, where none does, of those in the folders right below it. */
function slicesIn(names: readonly string[]): Set<string> {
  const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1);
  const slices = new Set(
    names.filter((name) => name.slice(folderOf(name).length) === SLICE_FILE).map(folderOf),
  );
  const isWanted = slices.has('')
    ? (folder: string) => folder === ''
    : (folder: string) => slices.has(folder) && /^[^/]+\/$/.test(folder);
  return new Set(
    names.filter(
      (name) => isWanted(folderOf(name)) && isPartOfKind('a slice', name.slice(folderOf(name).length)),
    ),
  );
}
