import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { BowerbirdError, isDiskFull, messageOf } from '../../base/errors.ts';
import { makeFolders } from '../../base/files.ts';

/**
 * Where models are kept: BOWERBIRD_CACHE, else `bowerbird` in XDG_CACHE_HOME (which counts only where it is an absolute
 * path, by the XDG Base Directory Specification), else ~/.cache/bowerbird.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['BOWERBIRD_CACHE'];
  if (own) return resolve(own);
  const shared = environment['XDG_CACHE_HOME'];
  return join(shared && isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'bowerbird');
}

/** Where the files of a model lie, and what is known of them. */
export interface CachePlaces {
  /** The model's files. */
  readonly folder: string;
  /** Folders of the model as ONNX, made of those files; of the same files each has the same bytes. */
  readonly converted: string;
  /** What was fetched from where; it outlives the folder, so that a later fetch can be held against it. */
  readonly record: string;
  readonly lock: string;
}

/** The places of a model of this name, which no other name has. */
export function placesOf(cache: string, name: string): CachePlaces {
  const base = join(cache, 'models', folderName(name));
  return { folder: base, converted: join(base, 'onnx'), record: `${base}.json`, lock: `${base}.lock` };
}

/** What could be the folder of another name, or a file beside one. */
const AMBIGUOUS = /--|\.(json|lock)$/i;

/**
 * As the hub's own cache writes repositories: no part of a name holds a slash or begins with a dot. Where that could stand for
 * two names (`x/y` and `x--y`), a digest follows a sign that no name holds.
 */
function folderName(name: string): string {
  const plain = name.replaceAll('/', '--');
  if (!AMBIGUOUS.test(name)) return plain;
  return `${plain}~${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** The user's own registry in the cache, where there is one. */
export function ownRegistry(cache: string): string | undefined {
  const path = join(cache, 'registry.json');
  return existsSync(path) ? path : undefined;
}

/** Makes a folder of the cache. @throws BowerbirdError BB_MODEL_CACHE, BB_DISK_FULL */
export async function makeCacheFolder(path: string): Promise<void> {
  await inCache(path, () => makeFolders(path));
}

/** Runs a piece of work on a file of the cache. @throws BowerbirdError BB_MODEL_CACHE, BB_DISK_FULL for what the disk refuses */
export async function inCache<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw cacheError(path, thrown);
  }
}

/** What `base` says of a disk, in the words of runs and of outputs that are named by a flag. */
const OF_FILES: readonly string[] = ['BB_DISK_FULL', 'BB_SHARD_WRITE', 'BB_OUTPUT_FOLDER'];

/** Runs a piece of work that makes a folder of the cache of what lies elsewhere: errors of that stay as they are. */
export async function makingInCache(path: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? cacheError(path, thrown) : thrown;
  }
}

function cacheError(path: string, wrapped: unknown): unknown {
  const isOfFiles = wrapped instanceof BowerbirdError && OF_FILES.includes(wrapped.code);
  const thrown = isOfFiles ? wrapped.cause : wrapped;
  const isOfSystem = thrown instanceof Error && 'errno' in thrown;
  const isInTheWay = isOfFiles && wrapped.code === 'BB_OUTPUT_FOLDER';
  if (!isOfSystem && !isInTheWay) return wrapped;
  const details = { cause: thrown, fields: { path } };
  if (isOfSystem && isDiskFull(thrown))
    return new BowerbirdError(
      'BB_DISK_FULL',
      `No space left on the disk of ${path}. Free some space, or set BOWERBIRD_CACHE to a folder of another disk, and run ` +
        'the same command again: it asks for what is missing.',
      details,
    );
  return new BowerbirdError(
    'BB_MODEL_CACHE',
    `The cache of models cannot be written at ${path}: ${isOfSystem ? messageOf(thrown) : 'something else lies there'}. Set BOWERBIRD_CACHE to a folder that can, or ` +
      'have the models fetched by somebody who may.',
    details,
  );
}
