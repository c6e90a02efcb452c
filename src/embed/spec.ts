import type { ActivationName } from '../models/convert/activation.ts';
import type { EncoderManifest, ImageTransform } from '../models/manifest.ts';

/**
 * What becomes of a model's output inside the graph, row by row. `embedding`: divided by its L2 norm; a row of zeros
 * stays zeros. `plain`: nothing.
 */
export type RowKind = 'embedding' | 'plain';

/** An image model on disk: the crops that it takes, and the rows that it gives. */
export interface ImageModelSpec {
  readonly modelPath: string;
  /** Mean and standard deviation are applied inside the graph; the rest says how the crops are made. */
  readonly transform: ImageTransform;
  /** Values in a row, which is what the model gives for one image. */
  readonly width: number;
  readonly rows: RowKind;
  /** Which input takes the image, where the model has several. */
  readonly input?: string;
  /** Which output gives the rows, where the model has several. */
  readonly output?: string;
  /** Put in the place of each GELU that the model has, whichever that is: to learn what another one would give. */
  readonly activation?: ActivationName;
}

/** A model as its manifest has it. */
export function imageModelSpec(modelPath: string, manifest: EncoderManifest, rows: RowKind): ImageModelSpec {
  const { transform, dimension: width, input, output } = manifest;
  return {
    modelPath,
    transform,
    width,
    rows,
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  };
}

/** For messages: what the model's output holds. */
export const OUTPUT_NOUNS: Readonly<Record<RowKind, string>> = { embedding: 'an embedding', plain: 'rows' };

/** Bytes of a crop that a model takes: uint8, `[sizePx, sizePx, 3]`, RGB. */
export function cropBytesOf({ transform: { sizePx } }: ImageModelSpec): number {
  return sizePx * sizePx * 3;
}
