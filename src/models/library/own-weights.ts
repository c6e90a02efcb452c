import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { weightsUnreadable } from '../../weights/errors.ts';
import { openWeights, weightsIn } from '../../weights/open-weights.ts';
import { CONFIG_FILES } from '../convert/config.ts';
import { CONVERTER_VERSION } from '../convert/spec.ts';
import { digestFile } from '../digest.ts';
import { makeCacheFolder } from './cache.ts';
import { type ConversionTools, unlessThere } from './converted.ts';

/** How files of weights end. */
const ENDING = /\.(safetensors|bin|pt|pth)(\.index\.json)?$/i;

/** Whether a path is that of weights, which become a model by conversion: a file by its ending, a folder without a model by what lies in it. */
export function areWeights(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return !existsSync(join(path, 'model.onnx')) && weightsIn(path) !== undefined;
  return stats !== undefined && ENDING.test(path);
}

/**
 * The folder of the ONNX model that is made of a person's own weights, in the cache: the same weights, configs beside them and
 * name are converted once, wherever they lie.
 *
 * @throws WeightsError BB_WEIGHTS_*, BowerbirdError BB_MODEL_CACHE, BB_DISK_FULL; the signal's reason
 */
export async function convertedWeights(path: string, tools: ConversionTools): Promise<string> {
  const { cache, variant, onNote, signal } = tools;
  const name = nameOf(path);
  const { precision, operators } = variant;
  const facts = [CONVERTER_VERSION, name, precision, operators, ...(await digestsOf(path))];
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  const folder = join(cache, 'weights', key);
  await makeCacheFolder(join(cache, 'weights'));
  await unlessThere(folder, { folder, lock: `${folder}.lock` }, tools, async () => {
    onNote(`Converting ${path} to ONNX ...`);
    const { convertWeights } = await import('../convert/convert-weights.ts');
    await convertWeights(path, { name, ...variant }, folder, signal && { signal });
  });
  return folder;
}

/** Weights under a usual name are called after their folder, others after themselves. */
function nameOf(given: string): string {
  const path = resolve(given);
  if (statSync(path).isDirectory()) return basename(path);
  const folder = dirname(path);
  return weightsIn(folder) === path ? basename(folder) : basename(path).replace(ENDING, '');
}

/** sha256 in hex of all that a conversion reads, each with its name. */
async function digestsOf(given: string): Promise<readonly string[]> {
  const weights = openWeights(given);
  const paths = weights.files.map(({ path }) => path);
  weights.close();
  const configs = CONFIG_FILES.map((config) => join(dirname(weights.path), config)).filter(existsSync);
  return Promise.all([...paths, ...configs].map(namedDigest));
}

async function namedDigest(path: string): Promise<string> {
  try {
    return `${basename(path)} ${await digestFile(path)}`;
  } catch (thrown) {
    throw weightsUnreadable(path, messageOf(thrown), thrown);
  }
}
