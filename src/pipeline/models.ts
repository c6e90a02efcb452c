import { BowerbirdError } from '../base/errors.ts';
import { createDecoder, type Decoder } from '../decode/decoder.ts';
import { createEncoder, type Encoder } from '../embed/encoder.ts';
import { checkHead } from '../heads/check.ts';
import type { Head } from '../heads/head.ts';
import { loadHead } from '../heads/load.ts';
import type { EncoderFiles } from '../models/encoder-files.ts';
import { ModelFinder } from '../models/library/finder.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { resolveEncoder } from '../models/registry.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { Tag } from '../samples/tags.ts';
import { HEAD_FLAGS } from '../scores/thresholds.ts';
import type { ScoreConfig } from './config.ts';

/** The encoder and the heads of a run, loaded and fitting each other, and the decoder that makes the crops. */
export interface LoadedModels {
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
}

/** The crops of one image, by the image model that takes them; each of RGB bytes, row major. */
export interface CropsByModel {
  readonly encoder: Uint8Array;
}

/** The crops in the order of `transformsOf`, by model. */
export function cropsByModel([encoder]: readonly Uint8Array[]): CropsByModel {
  return { encoder: encoder! };
}

/** What the decoder is asked for: the transforms of the run's image models. */
function transformsOf({ manifest }: EncoderFiles): readonly ImageTransform[] {
  return [manifest.transform];
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
  const { encoderFiles, heads } = await findModels(config, progress, closing);
  const decoder = startDecoder(config, encoderFiles, progress);
  try {
    await decoder.tryOut();
    const encoder = await startEncoder(config, encoderFiles, progress);
    return { encoder, decoder, heads };
  } catch (thrown) {
    await decoder.stop();
    throw thrown;
  }
}

async function findModels(
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<{ readonly encoderFiles: EncoderFiles; readonly heads: LoadedModels['heads'] }> {
  const { registryFile, offline } = config.library;
  const { nameServers, caFile, tlsInsecure } = config.download;
  const finder = await ModelFinder.open({
    registryFile,
    isOffline: offline,
    network: { nameServers, caFile, tlsInsecure },
    environment: process.env,
    onNote: (note) => progress.note(note),
    signal: closing,
  });
  try {
    const encoderFiles = await resolveEncoder(await finder.encoder(config.clipModel));
    return { encoderFiles, heads: await loadHeads(config, encoderFiles, finder) };
  } finally {
    await finder.close();
  }
}

function startDecoder(config: ScoreConfig, encoderFiles: EncoderFiles, progress: ScoreProgress): Decoder {
  return createDecoder({
    transforms: transformsOf(encoderFiles),
    mode: config.transform,
    limits: config.imageLimits,
    processes: config.resources.decodeProcesses,
    concurrencyPerProcess: DECODES_PER_PROCESS,
    onCrash: (error) => progress.note(`${error.message} The images that it held are done again.`),
  });
}

async function startEncoder(
  config: ScoreConfig,
  encoderFiles: EncoderFiles,
  progress: ScoreProgress,
): Promise<Encoder> {
  const encoder = await createEncoder({
    files: encoderFiles,
    device: config.device,
    batchSize: config.batchSize,
    threads: config.resources.encoderThreads,
    timeoutMs: config.resources.encoderTimeoutMs,
    onCrash: (error) => progress.note(`${error.message} The images that it held are done again.`),
  });
  if (!encoder.batchInvariant && config.batchSize > 1 && !config.allowBatchDependence) {
    await encoder.stop();
    throw batchDependentError(encoderFiles);
  }
  return encoder;
}

async function loadHeads(
  config: ScoreConfig,
  encoderFiles: EncoderFiles,
  finder: ModelFinder,
): Promise<LoadedModels['heads']> {
  const wanted: readonly (readonly [Tag, string])[] = [
    ['aesthetic', config.aestheticHead],
    ['punsafe', config.nsfwHead],
    ['pwatermark', config.watermarkModel],
  ];
  const heads: Partial<Record<Tag, Head>> = {};
  for (const [tag, name] of wanted) {
    if (name === 'none') continue;
    const path =
      name === 'auto'
        ? await ownHead(tag, encoderFiles, finder)
        : await finder.head({ name, tag, encoder: encoderFiles.name });
    const head = await loadHead(path, { tag });
    checkHead(head, {
      encoderName: encoderFiles.name,
      encoderDigest: encoderFiles.digest,
      dimension: encoderFiles.manifest.dimension,
    });
    heads[tag] = head;
  }
  return heads;
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

function batchDependentError(files: EncoderFiles): BowerbirdError {
  return new BowerbirdError(
    'BB_ENCODER_BATCH_DEPENDENT',
    `The encoder ${files.name} gives an image another embedding when its neighbours in the batch change ` +
      '(dynamically quantised models do), so scores could not be reproduced. Use --batch-size 1, ' +
      'another export of the model, or accept it with --allow-batch-dependence.',
    { fields: { encoder: files.name, digest: files.digest } },
  );
}
