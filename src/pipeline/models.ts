import { BowerbirdError } from '../base/errors.ts';
import { type AskedFacts, createDecoder, type Decoder } from '../decode/decoder.ts';
import { createEncoder, type Encoder, type EncoderOptions } from '../embed/encoder.ts';
import type { Crop } from '../embed/image-model.ts';
import { createTagModel, type TagModel } from '../embed/tag-model.ts';
import { checkHead } from '../heads/check.ts';
import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import { PLAIN_VARIANT, type Variant } from '../models/convert/spec.ts';
import type { EncoderFiles, ModelFiles, TagModelFiles } from '../models/encoder-files.ts';
import { ModelFinder } from '../models/library/finder.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { isImageModel, resolveEncoder, resolveTagModel } from '../models/registry.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { Tag } from '../samples/tags.ts';
import { HEAD_FLAGS } from '../scores/thresholds.ts';
import type { ScoreConfig } from './config.ts';

/** The models of a run, loaded and fitting each other, and the decoder that makes the crops. */
export interface LoadedModels {
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  /** Image models that give a tag of the pixels themselves; no tag has a head too. */
  readonly tagModels: readonly TagModel[];
}

/** The crops of one image, by the image model that takes them; each of RGB bytes, row major. */
export interface CropsByModel {
  readonly encoder: Crop;
  readonly tags: Readonly<Partial<Record<Tag, Crop>>>;
}

/** The crops in the order of `transformsOf`, by model. */
export function cropsByModel(
  [encoder, ...others]: readonly Crop[],
  tagModels: readonly Pick<TagModel, 'tag'>[],
): CropsByModel {
  return {
    encoder: encoder!,
    tags: Object.fromEntries(tagModels.map(({ tag }, place) => [tag, others[place]!])),
  };
}

/** What the decoder is asked for: the transforms of the run's image models. */
function transformsOf({ encoderFiles, tagModelFiles }: FoundModels): readonly ImageTransform[] {
  return [encoderFiles, ...tagModelFiles].map(({ manifest }) => manifest.transform);
}

/** Batches in an encoder process at one time: one runs while the next is on its way. */
export const BATCHES_PER_ENCODER = 2;

/** Images in a decoder process at one time. */
export const DECODES_PER_PROCESS = 4;

/**
 * Finds the models, fetching those that are asked for by name and not there, loads the encoder in its own process and the
 * heads that go with it, and starts the decoder. The heads are checked
 * first, because that is quick; encoder and decoder are tried out, so that a run does not begin with broken ones.
 *
 * @throws BowerbirdError BB_MODEL_*, BB_HEAD_*, BB_DEVICE_UNAVAILABLE, BB_ENCODER_BATCH_DEPENDENT, BB_EMBED_FAILED,
 * BB_DECODER_FAILED
 */
export async function loadModels(
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<LoadedModels> {
  const found = await findModels(config, progress, closing);
  const started: { stop(): Promise<void> }[] = [];
  try {
    const decoder = startDecoder(config, found, progress);
    started.push(decoder);
    await decoder.tryOut();
    const { blocks } = decoder;
    const encoder = await startEncoder(config, found.encoderFiles, progress, blocks);
    started.push(encoder);
    const tagModels: TagModel[] = [];
    for (const files of found.tagModelFiles) {
      const model = await startTagModel(config, files, progress, blocks);
      started.push(model);
      tagModels.push(model);
    }
    return { encoder, decoder, heads: found.heads, tagModels };
  } catch (thrown) {
    await Promise.all(started.map((part) => part.stop()));
    throw thrown;
  }
}

/** The heads of a run alone, checked. @throws BowerbirdError BB_MODEL_*, BB_HEAD_* */
export async function loadHeads(
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<LoadedModels['heads']> {
  return (await findModels(config, progress, closing)).heads;
}

/** The files of a run's image models, and its heads. */
interface FoundModels {
  readonly encoderFiles: EncoderFiles;
  readonly heads: LoadedModels['heads'];
  readonly tagModelFiles: readonly TagModelFiles[];
}

async function findModels(
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<FoundModels> {
  const { registryFile, offline, variant } = config.library;
  const { nameServers, caFile, tlsInsecure } = config.download;
  const finder = await ModelFinder.open({
    registryFile,
    isOffline: offline,
    variant,
    network: { nameServers, caFile, tlsInsecure },
    environment: process.env,
    onNote: (note) => progress.note(note),
    signal: closing,
  });
  try {
    for (const [, name] of wantedScores(config)) if (name !== 'auto') await finder.refuseUnknown(name);
    const encoderFiles = await resolveEncoder(await finder.encoder(config.clipModel));
    const found = { encoderFiles, ...(await findScorers(config, encoderFiles, finder)) };
    refuseIdleVariant(variant, found);
    return found;
  } finally {
    await finder.close();
  }
}

/** A model that was in ONNX already is what it is, whatever the flags say. */
function refuseIdleVariant(variant: Variant, { encoderFiles, tagModelFiles }: FoundModels): void {
  const isPlain =
    variant.precision === PLAIN_VARIANT.precision && variant.operators === PLAIN_VARIANT.operators;
  const conversions = [encoderFiles, ...tagModelFiles].map(({ manifest }) => manifest.convertedFrom);
  const isWritten = conversions.some(
    (made) => made?.precision === variant.precision && made.operators === variant.operators,
  );
  if (isPlain || isWritten) return;
  throw new BowerbirdError(
    'BB_USAGE',
    `--dtype and --operators say how weights are written as ONNX, and no model of this run was made of weights so: ${encoderFiles.name} ` +
      'was in ONNX already. Leave them out, or give a model by name or by its weights.',
    { fields: { encoder: encoderFiles.name } },
  );
}

async function findScorers(
  config: ScoreConfig,
  encoderFiles: EncoderFiles,
  finder: ModelFinder,
): Promise<Omit<FoundModels, 'encoderFiles'>> {
  const heads: Partial<Record<Tag, Head>> = {};
  const tagModelFiles: TagModelFiles[] = [];
  for (const [tag, name] of wantedScores(config)) {
    const path =
      name === 'auto'
        ? await ownHead(tag, encoderFiles, finder)
        : await finder.head({ name, tag, encoder: encoderFiles.name });
    if (isImageModel(path)) tagModelFiles.push(await findTagModel(path, tag));
    else heads[tag] = await loadFittingHead(path, tag, encoderFiles);
  }
  return { heads, tagModelFiles };
}

function startDecoder(config: ScoreConfig, found: FoundModels, progress: ScoreProgress): Decoder {
  return createDecoder({
    transforms: transformsOf(found),
    mode: config.transform,
    limits: config.imageLimits,
    asked: askedFacts(config),
    saving: config.savedImages?.remade,
    processes: config.resources.decodeProcesses,
    concurrencyPerProcess: DECODES_PER_PROCESS,
    sharedImages: imagesInHand(config, found),
    onCrash: (error) => progress.note(`${error.message} The images that it held are done again.`),
  });
}

/** Images that are decoded, wait for a model (`ModelStage`), are gathered to a batch, or are with it. */
function imagesInHand({ resources, batchSize, tagBatchSize }: ScoreConfig, found: FoundModels): number {
  const largest = Math.max(batchSize, found.tagModelFiles.length > 0 ? tagBatchSize : 0);
  return resources.decodeProcesses * DECODES_PER_PROCESS + (3 + BATCHES_PER_ENCODER) * largest;
}

/** Undefined where nothing is asked of files but their pixels. */
function askedFacts({ keptFacts, verifiedHash }: ScoreConfig): AskedFacts | undefined {
  const { hash: digest, exif, phash } = keptFacts;
  const asked = { digest, verified: verifiedHash?.type, exif, phash };
  return Object.values(asked).some(Boolean) ? asked : undefined;
}

async function startEncoder(
  config: ScoreConfig,
  encoderFiles: EncoderFiles,
  progress: ScoreProgress,
  blocks: number | undefined,
): Promise<Encoder> {
  const encoder = await createEncoder({
    ...{ files: encoderFiles, blocks },
    ...runOptions(config, config.batchSize, progress),
  });
  if (!encoder.batchInvariant && config.batchSize > 1 && !config.allowBatchDependence) {
    await encoder.stop();
    throw batchDependentError(encoderFiles, 'encoder', '--batch-size');
  }
  return encoder;
}

async function startTagModel(
  config: ScoreConfig,
  files: TagModelFiles,
  progress: ScoreProgress,
  blocks: number | undefined,
): Promise<TagModel> {
  const model = await createTagModel({ files, blocks, ...runOptions(config, config.tagBatchSize, progress) });
  if (!model.batchInvariant && config.tagBatchSize > 1 && !config.allowBatchDependence) {
    await model.stop();
    throw batchDependentError(files, `${files.score.tag} model`, '--tag-batch-size');
  }
  return model;
}

function runOptions(
  config: ScoreConfig,
  batchSize: number,
  progress: ScoreProgress,
): Omit<EncoderOptions, 'files'> {
  return {
    device: config.device,
    batchSize,
    threads: config.resources.encoderThreads,
    timeoutMs: config.resources.encoderTimeoutMs,
    onCrash: (error) => progress.note(`${error.message} The images that it held are done again.`),
  };
}

/** The tags that are to be computed, and what is named for each. */
function wantedScores(config: ScoreConfig): readonly (readonly [Tag, string])[] {
  const named: readonly (readonly [Tag, string])[] = [
    ['aesthetic', config.aestheticHead],
    ['punsafe', config.nsfwHead],
    ['pwatermark', config.watermarkModel],
  ];
  return named.filter(([, name]) => name !== 'none');
}

async function loadFittingHead(path: string, tag: Tag, encoderFiles: EncoderFiles): Promise<Head> {
  const head = await loadHead(path, { tag });
  checkHead(head, {
    encoderName: encoderFiles.name,
    encoderDigest: encoderFiles.digest,
    dimension: encoderFiles.manifest.dimension,
  });
  return head;
}

async function findTagModel(path: string, tag: Tag): Promise<TagModelFiles> {
  const files = await resolveTagModel(path);
  const stated = files.score.tag;
  if (stated === tag) return files;
  throw new HeadError(
    'BB_HEAD_MISMATCH',
    `The model ${path} gives ${stated}, but is asked for ${tag}. Give it with ${HEAD_FLAGS[stated]}, or another model.`,
    { fields: { path, wanted: tag, stated } },
  );
}

async function ownHead(tag: Tag, { name, headPath }: EncoderFiles, finder: ModelFinder): Promise<string> {
  if (tag === 'aesthetic' && headPath !== undefined) return headPath;
  const published = await finder.ownHead(name, tag);
  if (published !== undefined) return published;
  const flag = HEAD_FLAGS[tag];
  throw new BowerbirdError(
    'BB_USAGE',
    `The encoder ${name} comes with no head for ${tag}. Give one with ${flag} FILE, or ${flag} none to go without.`,
    { fields: { encoder: name, tag } },
  );
}

function batchDependentError(files: ModelFiles, title: string, flag: string): BowerbirdError {
  return new BowerbirdError(
    'BB_ENCODER_BATCH_DEPENDENT',
    `The ${title} ${files.name} gives an image another result when its neighbours in the batch change ` +
      `(dynamically quantised models do), so scores could not be reproduced. Use ${flag} 1, ` +
      'another export of the model, or accept it with --allow-batch-dependence.',
    { fields: { encoder: files.name, digest: files.digest } },
  );
}
