import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { removeQuietly } from '../../base/files.ts';
import type { ConversionSpec, StatedScore } from '../convert/spec.ts';
import type { ImageTransform } from '../manifest.ts';
import { placesOf } from './cache.ts';
import type { EncoderEntry, ImageFacts, TagModelEntry } from './entry.ts';
import { type FetchTools, type LocalModel, withModelLock } from './fetch-entry.ts';

/** What may be published as weights. */
type ConvertibleEntry = EncoderEntry | TagModelEntry;

/**
 * The folder of an image model in ONNX, made of its weights where it is not there.
 *
 * @throws WeightsError BB_WEIGHTS_*, BowerbirdError BB_MODEL_REGISTRY, BB_MODEL_CACHE, BB_OUTPUT_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE; the
 *   signal's reason
 */
export async function convertedModel(
  entry: ConvertibleEntry,
  { paths }: LocalModel,
  tools: FetchTools,
): Promise<string> {
  const places = placesOf(tools.cache, entry.name);
  const isThere = (): boolean => existsSync(join(places.converted, 'model.onnx'));
  if (!isThere()) {
    await withModelLock(places, tools, async () => {
      if (!isThere()) await convert(entry, paths[0]!, places.converted, tools);
    });
  }
  return places.converted;
}

async function convert(
  entry: ConvertibleEntry,
  weights: string,
  folder: string,
  { onNote, signal }: FetchTools,
): Promise<void> {
  onNote(`Converting ${weights} to ONNX ...`);
  const { convertWeights } = await import('../convert/convert-weights.ts');
  const { dimension } = await convertWeights(weights, conversionOf(entry), folder, signal && { signal });
  if (entry.kind !== 'encoder' || dimension === entry.dimension) return;
  await removeQuietly(folder);
  throw new BowerbirdError(
    'BB_MODEL_REGISTRY',
    `${entry.name} gives rows of ${dimension} values, but its registry states ${entry.dimension}. Correct the registry.`,
    { fields: { model: entry.name, dimension, stated: entry.dimension } },
  );
}

function conversionOf(entry: ConvertibleEntry): ConversionSpec {
  const { name, description, activation } = entry;
  const attentionHeads = entry.kind === 'encoder' ? entry.attentionHeads : undefined;
  return {
    name,
    description,
    // Of EfficientNet alone, which has no other.
    ...(activation !== 'silu' && { activation }),
    ...(attentionHeads !== undefined && { heads: attentionHeads }),
    ...(entry.kind === 'tag-model' && { score: scoreOf(entry) }),
    transform: transformOf(entry),
  };
}

function scoreOf({ tag, outputIndex, outputActivation, label }: TagModelEntry): StatedScore {
  return { tag, class: outputIndex, activation: outputActivation, ...(label && { label }) };
}

function transformOf({
  inputSizePx,
  resize,
  resizeSizePx,
  interpolation,
  mean,
  std,
}: ImageFacts): ImageTransform {
  return {
    sizePx: inputSizePx,
    resize: resize === 'squash' ? 'squash' : 'short-side',
    ...(resizeSizePx !== undefined && { shortSidePx: resizeSizePx }),
    interpolation,
    mean,
    std,
  };
}
