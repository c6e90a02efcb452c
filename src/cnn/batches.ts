import { randomBits, shuffled, uniform } from '../learn/random.ts';
import { type ImageSource, openImages } from './dataset.ts';
import { CHANNELS, layerSizes, type NetworkShape } from './shape.ts';
import type { Batch } from './stepper.ts';

/** What batches are made of. */
export interface BatchOptions {
  readonly imagesPath: string;
  readonly shape: NetworkShape;
  /** float32: of each post, in the unit of the loss. */
  readonly targets: Float32Array;
  readonly batch: number;
  readonly seed: number;
}

/** Which batch is wanted; epochs and steps within one are counted from 0. */
export interface BatchPlace {
  readonly epoch: number;
  readonly step: number;
}

/** Steps in which all posts are seen once. */
export function stepsPerEpoch(posts: number, batch: number): number {
  return Math.ceil(posts / batch);
}

/**
 * Makes batches. Order and dropout of each are drawn from the seed and its place alone, so that a training that goes on has the batches of one that was not interrupted.
 */
export class BatchMaker {
  readonly #options: BatchOptions;
  readonly #images: ImageSource;
  #epoch = -1;
  #order = new Int32Array(0);

  /** @throws BowerbirdError BB_INPUT_FORMAT */
  constructor(options: BatchOptions) {
    this.#options = options;
    this.#images = openImages(options.imagesPath, options.targets.length, options.shape.imagePx);
  }

  /** In memory of its own. @throws RangeError where the file is cut; errors of the file system */
  make(place: BatchPlace): Batch {
    const { batch, targets, seed } = this.#options;
    if (this.#epoch !== place.epoch) {
      this.#order = shuffled(targets.length, randomBits(`bowerbird cnn order ${seed} ${place.epoch}`));
      this.#epoch = place.epoch;
    }
    const rows = this.#order.subarray(place.step * batch, (place.step + 1) * batch);
    const made = {
      pixels: new Uint8Array(batch * CHANNELS * this.#options.shape.imagePx ** 2),
      targets: new Float32Array(batch),
      weights: new Float32Array(batch),
      kept: dropoutMask(this.#options, place),
    };
    const bytesEach = made.pixels.length / batch;
    for (const [i, row] of rows.entries()) {
      made.pixels.set(this.#images.read(row, 1), i * bytesEach);
      made.targets[i] = targets[row]!;
      made.weights[i] = 1 / rows.length;
    }
    return made;
  }

  close(): void {
    this.#images.close();
  }
}

/** 0 for what is left out; the others make up for it. */
export function dropoutMask(
  { shape, batch, seed }: Pick<BatchOptions, 'shape' | 'batch' | 'seed'>,
  { epoch, step }: BatchPlace,
): Float32Array {
  const { dropout } = shape;
  const mask = new Float32Array(batch * layerSizes(shape).features).fill(1 / (1 - dropout));
  if (dropout === 0) return mask;
  const bits = randomBits(`bowerbird cnn dropout ${seed} ${epoch} ${step}`);
  for (let i = 0; i < mask.length; i++) if (uniform(bits) < dropout) mask[i] = 0;
  return mask;
}
