import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { packageFolder } from '../base/package.ts';
import { digestModel } from './digest.ts';
import type { EncoderFiles, ModelFiles, TagModelFiles } from './encoder-files.ts';
import { manifestError, readManifest } from './manifest.ts';

/** Names of the encoders that come with the package. */
const BUILT_IN_ENCODERS: readonly string[] = ['builtin'];

const HEAD_FILE = 'head.json';

interface OpenedModel extends ModelFiles {
  readonly manifestPath: string;
}

function builtInFolder(name: string): string {
  return join(packageFolder, 'assets', 'encoders', name);
}

/**
 * Finds an encoder by its built-in name, or by the path of an ONNX file or of a folder with a model.onnx.
 * The manifest lies beside the model as `<model>.json`, `<model>.onnx.json` or `manifest.json`.
 *
 * @throws BowerbirdError BB_MODEL_UNKNOWN, BB_MODEL_MANIFEST, BB_MODEL_DIGEST
 */
export async function resolveEncoder(nameOrPath: string): Promise<EncoderFiles> {
  const { manifestPath, ...files } = await openModel(nameOrPath);
  const { manifest, modelPath } = files;
  if (manifest.kind === 'classifier')
    throw manifestError(manifestPath, 'it is that of a classifier, whose rows are scores and no embeddings');
  const headPath = join(dirname(modelPath), HEAD_FILE);
  return { ...files, ...(existsSync(headPath) ? { headPath } : {}) };
}

/**
 * Finds a classifier as `resolveEncoder` finds an encoder; its manifest says which of its values is which tag.
 *
 * @throws BowerbirdError BB_MODEL_UNKNOWN, BB_MODEL_MANIFEST, BB_MODEL_DIGEST
 */
export async function resolveTagModel(path: string): Promise<TagModelFiles> {
  const { manifestPath, ...files } = await openModel(path);
  const { score } = files.manifest;
  if (score) return { ...files, score };
  throw manifestError(
    manifestPath,
    'a model that gives a tag states "kind": "classifier", and which of its values is the score: ' +
      '"tag": "pwatermark", "class": 0, "activation": "softmax"',
  );
}

/**
 * Finds an image model of either kind as `resolveEncoder` finds an encoder.
 *
 * @throws BowerbirdError BB_MODEL_UNKNOWN, BB_MODEL_MANIFEST, BB_MODEL_DIGEST
 */
export async function resolveImageModel(nameOrPath: string): Promise<ModelFiles> {
  const { manifestPath: _, ...files } = await openModel(nameOrPath);
  return files;
}

/** Whether a path is that of an image model, not of a head: an ONNX file, or a folder with one. */
export function isImageModel(path: string): boolean {
  return (
    extname(path).toLowerCase() === '.onnx' ||
    (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
  );
}

/** A model with its manifest, its digest known and, where the manifest states one, checked. */
async function openModel(nameOrPath: string): Promise<OpenedModel> {
  const modelPath = await findModel(nameOrPath);
  const manifestPath = findManifest(modelPath);
  const manifest = await readManifest(manifestPath);
  const digest = await digestModel(modelPath);
  if (manifest.sha256 !== undefined && manifest.sha256 !== digest)
    throw new BowerbirdError(
      'BB_MODEL_DIGEST',
      `The model ${modelPath} has the sha256 ${digest}, but ${manifestPath} states ${manifest.sha256}. ` +
        'Fetch or export the model again, or correct the manifest.',
      { fields: { model: modelPath, digest, expected: manifest.sha256 } },
    );
  return { name: manifest.name, modelPath, manifest, manifestPath, digest };
}

/**
 * The path of a head: that of a built-in encoder's own head by the encoder's name, or a file.
 *
 * @throws BowerbirdError BB_MODEL_UNKNOWN
 */
export async function resolveHead(nameOrPath: string): Promise<string> {
  if (BUILT_IN_ENCODERS.includes(nameOrPath)) return join(builtInFolder(nameOrPath), HEAD_FILE);
  const path = resolve(nameOrPath);
  if (!existsSync(path)) throw unknown('head', nameOrPath, 'Give the path of a head file');
  return path;
}

async function findModel(nameOrPath: string): Promise<string> {
  if (BUILT_IN_ENCODERS.includes(nameOrPath)) return join(builtInFolder(nameOrPath), 'model.onnx');
  const path = resolve(nameOrPath);
  const found = await stat(path).catch(() => undefined);
  const modelPath = found?.isDirectory() ? join(path, 'model.onnx') : path;
  if (!found || !existsSync(modelPath))
    throw unknown(
      'encoder',
      nameOrPath,
      'Give the path of an ONNX file with its manifest beside it; docs/encoders.md says how to export one',
    );
  return modelPath;
}

function unknown(what: string, name: string, advice: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_UNKNOWN',
    `There is no ${what} "${name}": it is neither a file nor one of the built-in names (${BUILT_IN_ENCODERS.join(', ')}). ${advice}.`,
    { fields: { name } },
  );
}

function findManifest(modelPath: string): string {
  const candidates = [
    `${modelPath.replace(/\.onnx$/, '')}.json`,
    `${modelPath}.json`,
    join(dirname(modelPath), 'manifest.json'),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (!found)
    throw manifestError(
      candidates[0]!,
      `there is none beside ${modelPath}; without it nobody knows the mean`,
    );
  return found;
}
