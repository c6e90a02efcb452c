import type { LibraryOptions, ModelLibrary } from '../models/library/library.ts';
import { localCopy } from '../storage/local-copy.ts';
import { isRemote } from '../storage/storage.ts';

/** What is to be checked: an image model that can be loaded, or a head. */
export interface Subject {
  readonly path: string;
  readonly isHead: boolean;
}

/**
 * What a path, or a name of a registry, stands for. Weights are converted; the files of a name are read again and held
 * against their digests.
 *
 * @throws BowerbirdError as `ModelFinder.encoder` and `ModelLibrary.verify`
 */
export async function findSubjects(nameOrPath: string, options: LibraryOptions): Promise<Subject[]> {
  const { isHere } = await import('../models/library/finder.ts');
  if (isRemote(nameOrPath) && !options.isOffline)
    return [await subjectOfPath(await localCopy(nameOrPath, options.onNote), options)];
  if (isHere(nameOrPath)) return [await subjectOfPath(nameOrPath, options)];
  const { ModelLibrary: Library } = await import('../models/library/library.ts');
  const library = await Library.open(options);
  try {
    return await subjectsOfName(nameOrPath, library, options);
  } finally {
    await library.close();
  }
}

async function subjectOfPath(path: string, options: LibraryOptions): Promise<Subject> {
  const { ModelFinder } = await import('../models/library/finder.ts');
  if (path !== 'builtin' && (await isHead(path))) return { path, isHead: true };
  const finder = await ModelFinder.open(options);
  try {
    return { path: await finder.encoder(path), isHead: false };
  } finally {
    await finder.close();
  }
}

/** A file of weights may be that of a head or of an image model: it is a head where it can be read as one. */
async function isHead(path: string): Promise<boolean> {
  const { isImageModel } = await import('../models/registry.ts');
  if (isImageModel(path)) return false;
  const { areWeights } = await import('../models/library/own-weights.ts');
  if (!areWeights(path)) return true;
  const { loadHead } = await import('../heads/load.ts');
  return loadHead(path, {}).then(
    () => true,
    () => false,
  );
}

async function subjectsOfName(
  name: string,
  library: ModelLibrary,
  { onNote }: LibraryOptions,
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const entry of library.called(name)) {
    const { fetched } = await library.verify(entry);
    onNote(`${entry.name} is whole: ${fetched.map(({ file }) => file).join(', ')}`);
    subjects.push({ path: await library.prepare(entry), isHead: entry.kind === 'head' });
  }
  return subjects;
}
