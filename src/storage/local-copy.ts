import { basename, join } from 'node:path';
import type { StoredObject } from './contract.ts';
import { rememberCopy } from './copied-urls.ts';
import { copyFolder, copyObjects } from './copying.ts';
import { notFound } from './errors.ts';
import { FolderCopy } from './folder-copy.ts';
import { placeKey, storageOf } from './storage-of.ts';

const copies = new Map<string, Promise<string>>();

/** What lies beside an ONNX file and belongs to it: manifests, further weights, the head of an encoder. */
const BESIDE_ONNX = ['STEM.json', 'NAME.json', 'manifest.json', 'NAME.data', 'NAME_data', 'head.json'];

/** A head that was trained here is told of by what lies beside it: on which samples it may be evaluated. */
const BESIDE_HEAD = ['training.json'];

/** A folder is no folder of models with more files than that. */
const MOST_FILES = 1000;

/**
 * The path of a copy of a model or head elsewhere, fetched once by this process: a file, with what belongs to it where it is ONNX or safetensors, or a folder with all below it.
 *
 * @param onNote told what is fetched
 * @throws StorageError; BowerbirdError BB_INPUT_NOT_FOUND, BB_TEMPORARY_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE, BB_OUTPUT_UNFINISHED
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

async function fetchAll(url: string, onNote: (note: string) => void): Promise<string> {
  const storage = await storageOf(url);
  const object = url.endsWith('/') ? undefined : await storage.stat(url);
  return object ? fetchFile(url, object, onNote) : fetchFolder(url, onNote);
}

async function fetchFile(url: string, object: StoredObject, onNote: (note: string) => void): Promise<string> {
  const storage = await storageOf(url);
  const folder = await copyFolder();
  const path = join(folder, basename(url));
  const above = url.slice(0, -basename(url).length);
  rememberCopy(folder, above);
  const wanted = [{ object, path }];
  for (const name of besideOf(url)) {
    const beside = await storage.stat(`${above}${name}`);
    if (beside) wanted.push({ object: beside, path: join(folder, name) });
  }
  await copyObjects(wanted, url, onNote);
  return path;
}

async function fetchFolder(url: string, onNote: (note: string) => void): Promise<string> {
  if (/^https?:/i.test(url)) throw notFound(url, 'file');
  const copy = await FolderCopy.open(url, MOST_FILES);
  if (copy.size > MOST_FILES)
    throw notFound(url, `file, and more than ${MOST_FILES} below it, so it is no folder of a model`);
  await copy.fetch(() => true, onNote);
  return copy.path;
}

/** The names of what may lie beside a file and belong to it. */
function besideOf(url: string): string[] {
  const name = basename(url);
  const patterns = /\.onnx$/i.test(name) ? BESIDE_ONNX : /\.safetensors$/i.test(name) ? BESIDE_HEAD : [];
  return patterns.map((pattern) => pattern.replace('STEM', basename(name, '.onnx')).replace('NAME', name));
}
