import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import { quote } from '../base/quote.ts';
import { summarizeModel } from './onnx/model-summary.ts';
import { OnnxFile } from './onnx/onnx-file.ts';

const CHUNK_BYTES = 1 << 20;

/**
 * sha256 in hex of a model file, followed by its external weight files in order of their names.
 * Without external files it is what `sha256sum` prints.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH where the file is no ONNX model or a weight file is missing
 */
export async function digestModel(modelPath: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [modelPath, ...externalPaths(modelPath)]) {
    try {
      await hashFile(hash, path);
    } catch (thrown) {
      throw unusable(modelPath, `its file ${path} cannot be read: ${messageOf(thrown)}`, thrown);
    }
  }
  return hash.digest('hex');
}

/** sha256 in hex of one file. @throws as `hashFile` */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await hashFile(hash, path);
  return hash.digest('hex');
}

/** Feeds a file to a hash. @throws Error where it is no regular file; the file system's error */
export async function hashFile(hash: Hash, path: string): Promise<void> {
  requirePlainFile(path);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk);
}

function externalPaths(modelPath: string): string[] {
  let file: OnnxFile | undefined;
  try {
    file = new OnnxFile(modelPath);
    return summarizeModel(file)
      .externalFiles.toSorted()
      .map((name) => inFolder(modelPath, name));
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    throw unusable(modelPath, `it cannot be read as ONNX: ${messageOf(thrown)}`, thrown);
  } finally {
    file?.close();
  }
}

/** A model may not lead to files elsewhere on the machine: they would be read for its digest. */
function inFolder(modelPath: string, name: string): string {
  const inside = normalize(name);
  if (isAbsolute(inside) || inside.split(sep)[0] === '..' || name.includes('\0'))
    throw unusable(
      modelPath,
      `it says that its weights lie in ${quote(name)}, outside of its folder`,
      undefined,
    );
  return join(dirname(modelPath), inside);
}

function unusable(modelPath: string, problem: string, cause: unknown): BowerbirdError {
  return new BowerbirdError('BB_MODEL_GRAPH', `The model ${modelPath} cannot be used: ${problem}.`, {
    cause,
    fields: { model: modelPath },
  });
}
