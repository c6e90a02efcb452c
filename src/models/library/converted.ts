import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { remove, removeQuietly } from '../../base/files.ts';
import { CONVERTER_VERSION, type ConversionSpec, type StatedScore, type Variant } from '../convert/spec.ts';
import type { ImageTransform } from '../manifest.ts';
import { type CachePlaces, inCache, makingInCache, placesOf } from './cache.ts';
import type { EncoderEntry, ImageFacts, TagModelEntry } from './entry.ts';
import { type FetchTools, type LocalModel, withModelLock } from './fetch-entry.ts';
import { originOf, readRecord } from './record.ts';

/** What models are converted with. */
export interface ConversionTools extends Pick<FetchTools, 'cache' | 'onNote' | 'signal'> {
  readonly variant: Variant;
}

/** What may be published as weights. */
type ConvertibleEntry = EncoderEntry | TagModelEntry;

/**
 * The folder of an image model in ONNX, made of its weights where it is not there.
 *
 * @throws WeightsError BB_WEIGHTS_*, BowerbirdError BB_MODEL_REGISTRY, BB_MODEL_CACHE, BB_DISK_FULL; the
 *   signal's reason
 */
export async function convertedModel(
  entry: ConvertibleEntry,
  { paths }: LocalModel,
  tools: ConversionTools,
): Promise<string> {
  const places = placesOf(tools.cache, entry.name);
  const folder = convertedFolder(entry, tools);
  await unlessThere(folder, places, tools, async () => {
    await removeStrays(entry, places);
    await convert(entry, paths[0]!, folder, tools);
  });
  return folder;
}

/** A configuration that a registry named once, and does no more, would be taken for one of these weights. */
async function removeStrays({ files }: ConvertibleEntry, { folder, record }: CachePlaces): Promise<void> {
  for (const { file } of await inCache(record, () => readRecord(record))) {
    if (files.some(({ name }) => name === file)) continue;
    const stray = join(folder, file);
    await inCache(stray, () => remove(stray));
  }
}

/** Where a variant of a model lies, once it is made: elsewhere where the registry names other files or says something else. */
export function convertedFolder(
  entry: ConvertibleEntry,
  { cache, variant: { precision, operators } }: Pick<ConversionTools, 'cache' | 'variant'>,
): string {
  const dimension = entry.kind === 'encoder' ? entry.dimension : undefined;
  const facts = { ...conversionOf(entry), dimension, files: entry.files.map(originOf) };
  const stated = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  const name = `${precision}-${operators}-${CONVERTER_VERSION}-${stated.slice(0, 16)}`;
  return join(placesOf(cache, entry.name).converted, name);
}

/** Makes a model in a folder of the cache, once: another process that makes it is waited for. */
export async function unlessThere(
  folder: string,
  places: Pick<CachePlaces, 'folder' | 'lock'>,
  tools: Pick<FetchTools, 'onNote' | 'signal'>,
  make: () => Promise<void>,
): Promise<void> {
  const isThere = (): boolean => existsSync(join(folder, 'model.onnx'));
  if (isThere()) return;
  await withModelLock(places, tools, async () => {
    if (!isThere()) await makingInCache(folder, make);
  });
}

async function convert(
  entry: ConvertibleEntry,
  weights: string,
  folder: string,
  { variant, onNote, signal }: ConversionTools,
): Promise<void> {
  onNote(`Converting ${weights} to ONNX ...`);
  const { convertWeights } = await import('../convert/convert-weights.ts');
  const spec = { ...conversionOf(entry), ...variant };
  const { dimension } = await convertWeights(weights, spec, folder, signal && { signal });
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
    ...(resize !== 'squash' && { shortSidePx: resizeSizePx ?? inputSizePx }),
    interpolation,
    mean,
    std,
  };
}
