import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { requireFreeSpace } from '../base/free-space.ts';
import { isPartOfKind } from '../base/output-kinds.ts';
import { SLICE_FILE } from '../base/slices/slice-record.ts';
import { isRemote, type StoredObject } from '../storage/storage.ts';

/** A copy of a slice, or of a folder of slices, elsewhere. */
interface Copy {
  readonly url: string;
  readonly path: string;
}

/**
 * Merges slices that may lie elsewhere: those are copied here first, whole, and looked through here. Errors name where they lie.
 *
 * @param given folders of slices, or folders that have such in them; paths and URLs
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_DISK_FULL, BB_TEMPORARY_FOLDER, BB_STORAGE_*; what `work` throws
 */
export async function withSlices<T>(
  given: readonly string[],
  work: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  const copies: Copy[] = [];
  const paths: string[] = [];
  for (const slice of given) {
    const copy = isRemote(slice) ? await copySlices(slice) : undefined;
    if (copy) copies.push(copy);
    paths.push(copy?.path ?? slice);
  }
  try {
    return await work(paths);
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? naming(thrown, copies) : thrown;
  }
}

async function copySlices(given: string): Promise<Copy> {
  const url = given.replace(/\/+$/, '');
  const { elsewhereFolder, fetchObject, storageOf } = await import('../storage/local-copy.ts');
  const storage = await storageOf(url);
  const found: StoredObject[] = [];
  for await (const object of storage.list(`${url}/`)) found.push(object);
  const objects = slicesIn(found, `${url}/`);
  if (objects.length === 0)
    throw new BowerbirdError(
      'BB_INPUT_NOT_FOUND',
      `${url} is no slice, and no folder of slices: there is no ${SLICE_FILE} in it. Slices are made with --slice I/N.`,
      { fields: { path: url } },
    );
  const folder = await elsewhereFolder();
  await requireFreeSpace({
    folder,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    what: `A copy of the slices at ${url}`,
    advice: 'Set TMPDIR to a folder that has room.',
  });
  const path = join(folder, randomUUID());
  for (const object of objects)
    await fetchObject(storage, object, join(path, object.url.slice(url.length + 1)));
  return { url, path };
}

/** The files of the slice that lies at a prefix or, where none does, of those in the folders below it. */
function slicesIn(objects: readonly StoredObject[], prefix: string): StoredObject[] {
  const folderOf = ({ url }: StoredObject): string => url.slice(0, url.lastIndexOf('/') + 1);
  const slices = new Set(objects.filter(({ url }) => url.endsWith(`/${SLICE_FILE}`)).map(folderOf));
  const isWanted = slices.has(prefix)
    ? (folder: string) => folder === prefix
    : (folder: string) => slices.has(folder) && /^[^/]+\/$/.test(folder.slice(prefix.length));
  return objects.filter(
    (object) =>
      isWanted(folderOf(object)) && isPartOfKind('a slice', object.url.slice(folderOf(object).length)),
  );
}

/** The same error, with URLs where it names copies. */
function naming(error: BowerbirdError, copies: readonly Copy[]): BowerbirdError {
  const named = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(named);
    if (typeof value !== 'string') return value;
    return copies.reduce((text, { url, path }) => text.replaceAll(path, url), value);
  };
  const fields = Object.fromEntries(
    Object.entries(error.fields).map(([name, value]) => [name, named(value)]),
  );
  return Object.assign(error, { message: named(error.message), fields });
}
