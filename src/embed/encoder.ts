import type { EncoderFacts, EncoderFiles } from '../models/encoder-files.ts';
import type { ImageTransform } from '../models/manifest.ts';
import {
  type Crop,
  type ImageModel,
  type RunOptions,
  refuseNumberless,
  startImageModel,
} from './image-model.ts';
import { type ImageModelSpec, imageModelSpec } from './spec.ts';

/** Which encoder to run, and how. */
export interface EncoderOptions extends RunOptions {
  readonly files: EncoderFiles;
}

/** An image model whose rows are embeddings. */
export interface Encoder
  extends EncoderFacts,
    Pick<ImageModel, 'batchSize' | 'queued' | 'runtimeVersion' | 'stop'> {
  /** How its crops are made of an image. */
  readonly transform: ImageTransform;
  /**
   * Embeds crops as `ImageModel.run` takes them, into n * dimension float32, unit rows.
   * A row that the model made NaN or zero comes back as it is: see `rowProblem`.
   *
   * @throws BowerbirdError as `ImageModel.run` does
   */
  embed(crops: readonly Crop[]): Promise<Float32Array>;
}

/**
 * Loads an encoder and tries it out: it must give embeddings of the dimension in its manifest.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH, BB_DEVICE_UNAVAILABLE, or BB_EMBED_FAILED where it cannot be started
 */
export async function createEncoder({ files, ...running }: EncoderOptions): Promise<Encoder> {
  const named = { spec: encoderSpec(files), title: 'encoder', timeoutFlag: '--encoder-timeout' };
  const model = await startImageModel({ ...running, ...named });
  await refuseNumberless(model, named);
  return {
    name: files.name,
    description: files.manifest.description,
    digest: files.digest,
    dimension: model.width,
    provider: model.provider,
    runtimeVersion: model.runtimeVersion,
    batchSize: model.batchSize,
    batchInvariant: model.batchInvariant,
    transform: model.transform,
    embed: (crops) => model.run(crops),
    get queued() {
      return model.queued;
    },
    stop: () => model.stop(),
  };
}

/** An encoder as the image model that it is. */
export function encoderSpec({ modelPath, manifest }: EncoderFiles): ImageModelSpec {
  return imageModelSpec(modelPath, manifest, 'embedding');
}

/** What is wrong with an embedding: undefined for a unit row, else a line for a person. */
export function rowProblem(embeddings: Float32Array, row: number, dimension: number): string | undefined {
  let squares = 0;
  for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += embeddings[i]! * embeddings[i]!;
  if (Number.isNaN(squares) || squares === Number.POSITIVE_INFINITY) return 'The embedding is not finite.';
  // Float32 rows of some thousand elements are unit to within 1e-5; a zero row has norm 0.
  return Math.abs(squares - 1) > UNIT_TOLERANCE
    ? 'The embedding has no direction: its norm is zero.'
    : undefined;
}

const UNIT_TOLERANCE = 1e-3;
