import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writing } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Storage, StoredObject } from './contract.ts';
import { rememberCopy } from './copied-urls.ts';
import { notFound } from './errors.ts';
import { unfinishedError, unfinishedOutput } from './output-journal.ts';
import { openStorage } from './storage.ts';

const storages = new Map<string, Promise<Storage>>();
const copies = new Map<string, Promise<string>>();
let folder: Promise<string> | undefined;

/** Variables that say which place a scheme leads to. */
const PLACES = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'AWS_PROFILE', 'GS_ENDPOINT_URL', 'HF_ENDPOINT'];

/** What lies beside an ONNX file and belongs to it: manifests, further weights, the head of an encoder. */
const BESIDE_ONNX = ['STEM.json', 'NAME.json', 'manifest.json', 'NAME.data', 'NAME_data', 'head.json'];

/** A head that was trained here is told of by what lies beside it: on which samples it may be evaluated. */
const BESIDE_HEAD = ['training.json'];

function besideOf(path: string): readonly string[] {
  if (/\.onnx$/i.test(path)) return BESIDE_ONNX;
  return /\.safetensors$/i.test(path) ? BESIDE_HEAD : [];
}

/** A folder is no folder of models with more files than that. */
const MOST_FILES = 1000;

/** The storage of a URL's scheme; one for the whole process, so that connections are, unless the environment leads elsewhere by now. */
export function storageOf(url: string): Promise<Storage> {
  const key = placeKey(url);
  const known = storages.get(key);
  if (known) return known;
  const opened = openStorage(url);
  storages.set(key, opened);
  return opened;
}

/** A folder for what comes from elsewhere; it goes with the process. @throws BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL */
export function elsewhereFolder(): Promise<string> {
  folder ??= makeTemporaryFolder('elsewhere').then((made) => {
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    return made;
  });
  return folder;
}

/**
 * The path of a copy of a model or head elsewhere, fetched once by this process: a file, with what belongs to it where it is ONNX or safetensors, or a folder with all below it.
 *
 * @param onNote told what is fetched
 * @throws StorageError; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE, BB_OUTPUT_UNFINISHED
 */
export function localCopy(url: string, onNote: (note: string) => void): Promise<string> {
  const key = `${placeKey(url)} ${url}`;
  const known = copies.get(key);
  if (known) return known;
  const copy = fetchAll(url, onNote);
  copies.set(key, copy);
  copy.catch(() => copies.delete(key));
  return copy;
}

function placeKey(url: string): string {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  return [scheme, ...PLACES.map((name) => process.env[name])].join(' ');
}

async function fetchAll(url: string, onNote: (note: string) => void): Promise<string> {
  const storage = await storageOf(url);
  const target = join(await elsewhereFolder(), randomUUID());
  const object = url.endsWith('/') ? undefined : await storage.stat(url);
  if (!object) return fetchFolder(storage, url, target, onNote);
  const path = join(target, basename(url));
  rememberCopy(target, url.slice(0, -basename(url).length));
  onNote(`Fetching ${url} (${megabytes(object.bytes)})`);
  await fetchObject(storage, object, path);
  const above = url.slice(0, -basename(url).length);
  for (const pattern of besideOf(path)) {
    const name = pattern.replace('STEM', basename(url, '.onnx')).replace('NAME', basename(url));
    const beside = await storage.stat(`${above}${name}`);
    if (beside) await fetchObject(storage, beside, join(target, name));
  }
  return path;
}

async function fetchFolder(
  storage: Storage,
  url: string,
  target: string,
  onNote: (note: string) => void,
): Promise<string> {
  if (/^https?:/i.test(url)) throw notFound(url, 'file');
  const prefix = url.replace(/\/?$/, '/');
  const objects: StoredObject[] = [];
  for await (const object of storage.list(prefix)) {
    const output = unfinishedOutput(object.url);
    if (output !== undefined) throw unfinishedError(output);
    if (!object.url.endsWith('/')) objects.push(object);
    if (objects.length > MOST_FILES)
      throw notFound(url, `file, and more than ${MOST_FILES} below it, so it is no folder of a model`);
  }
  if (objects.length === 0) throw notFound(url, 'file or folder');
  onNote(
    `Fetching ${url} (${megabytes(objects.reduce((sum, { bytes }) => sum + bytes, 0))} in ${objects.length} files)`,
  );
  rememberCopy(target, url);
  for (const object of objects)
    await fetchObject(storage, object, join(target, object.url.slice(prefix.length)));
  return target;
}

/** Fetches an object into a new file, as it was found. @throws StorageError; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
export async function fetchObject(storage: Storage, { url, tag }: StoredObject, path: string): Promise<void> {
  await writing(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'wx');
    try {
      for await (const piece of storage.readStream(url, { tag })) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
