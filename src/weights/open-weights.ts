import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { quote } from '../base/quote.ts';
import { FileSource } from './byte-source.ts';
import { weightsRefused, weightsUnreadable } from './errors.ts';
import { MODEL_LIMITS } from './limits.ts';
import { readSafetensors } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { readTorchCheckpoint } from './torch-checkpoint.ts';

/** Open files of weights: one, or the parts of a set that its index names. */
export interface OpenWeights {
  /** As given, or the file that was found in the folder that was given. */
  readonly path: string;
  /** The files that hold tensors, in order of their names. */
  readonly files: readonly FileSource[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): void;
}

/** What the hub's libraries call the weights in a model's folder, the safer format first. */
const NAMES_IN_FOLDERS = [
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_model.safetensors',
  'open_clip_pytorch_model.safetensors',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'open_clip_pytorch_model.bin',
];

const INDEX_ENDING = '.index.json';
const MAX_INDEX_BYTES = 16 * 2 ** 20;
const ZIP_START = 0x04034b50;
const OLD_PICKLE_START = 0x80;
const OPENING_BRACE = 0x7b;
const LENGTH_BYTES = 8;

/**
 * Opens weights: a safetensors file, a state dict saved by torch.save, the index of a set in several files, or a folder with
 * one of these under its usual name. What a file is, its first bytes say. Tensors are found, not read; nothing is executed.
 *
 * @throws WeightsError BB_WEIGHTS_UNREADABLE, BB_WEIGHTS_REFUSED
 */
export function openWeights(given: string): OpenWeights {
  const path = findFile(given);
  const files: FileSource[] = [];
  const close = (): void => {
    for (const file of files) file.close();
  };
  try {
    const tensors = path.endsWith(INDEX_ENDING) ? readIndexed(path, files) : readOne(path, files);
    if (tensors.size === 0) throw weightsRefused(path, 'there is no tensor in it');
    return { path, files, tensors, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/** The weights in a folder, by their usual names; undefined where there are none. */
export function weightsIn(folder: string): string | undefined {
  return NAMES_IN_FOLDERS.map((name) => join(folder, name)).find((path) => existsSync(path));
}

function findFile(given: string): string {
  const stats = statSync(given, { throwIfNoEntry: false });
  if (!stats) throw weightsUnreadable(given, 'there is no such file');
  if (stats.isFile()) return given;
  if (!stats.isDirectory()) throw weightsUnreadable(given, 'it is no regular file');
  const found = weightsIn(given);
  if (found !== undefined) return found;
  throw weightsUnreadable(given, `the folder has none of ${NAMES_IN_FOLDERS.join(', ')}`);
}

function readOne(path: string, files: FileSource[]): ReadonlyMap<string, StoredTensor> {
  const file = openFile(path, files);
  return orRefuse(path, () => {
    if (isTorchFile(file)) return readTorchCheckpoint(file, MODEL_LIMITS);
    return readSafetensors(file, MODEL_LIMITS).tensors;
  });
}

function openFile(path: string, files: FileSource[]): FileSource {
  try {
    const file = new FileSource(path);
    files.push(file);
    return file;
  } catch (thrown) {
    throw weightsUnreadable(path, messageOf(thrown), thrown);
  }
}

/** A safetensors file starts with a length and the brace of its header. */
function isTorchFile(file: FileSource): boolean {
  if (file.sizeBytes <= LENGTH_BYTES) return false;
  const start = file.read(0, LENGTH_BYTES + 1);
  if (start[LENGTH_BYTES] === OPENING_BRACE) return false;
  return start.readUInt32LE(0) === ZIP_START || start[0] === OLD_PICKLE_START;
}

/** `{ "weight_map": { tensor: file } }`: the files lie beside the index. */
function readIndexed(path: string, files: FileSource[]): ReadonlyMap<string, StoredTensor> {
  const places = orRefuse(path, () => readIndex(path));
  const names = [...new Set(places.values())].sort();
  const shards = new Map(names.map((name) => [name, readOne(join(dirname(path), name), files)]));
  const found = new Map<string, StoredTensor>();
  for (const [tensor, name] of places) {
    const stored = shards.get(name)!.get(tensor);
    if (!stored)
      throw weightsRefused(path, `it says that ${quote(tensor)} lies in ${quote(name)}, where it is not`);
    found.set(tensor, stored);
  }
  return found;
}

function readIndex(path: string): Map<string, string> {
  const file = openFile(path, []);
  try {
    if (file.sizeBytes > MAX_INDEX_BYTES) throw new RangeError(`it has ${file.sizeBytes} bytes`);
    const raw = JSON.parse(file.read(0, file.sizeBytes).toString('utf8')) as { weight_map?: unknown } | null;
    const places = Object.entries((raw?.weight_map ?? {}) as Record<string, unknown>);
    for (const [tensor, name] of places)
      if (typeof name !== 'string' || basename(name) !== name || name === '' || name.startsWith('.'))
        throw new RangeError(
          `it says that ${quote(tensor)} lies in ${quote(String(name))}, which is no file beside it`,
        );
    return new Map(places as [string, string][]);
  } finally {
    file.close();
  }
}

/** What a reader says of a file becomes a refusal of it. */
function orRefuse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    if (thrown instanceof RangeError || thrown instanceof SyntaxError)
      throw weightsRefused(path, messageOf(thrown).replace(/\.$/, ''), thrown);
    throw thrown;
  }
}
