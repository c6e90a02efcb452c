import { BowerbirdError } from '../base/errors.ts';

/** A convolution without padding, of stride 1, and a LeakyReLU behind it. */
export interface ConvolutionShape {
  readonly channels: number;
  readonly kernelPx: number;
}

/**
 * A network of one number for a square picture: convolutions, a max pool of 2, dropout, dense layers with a LeakyReLU behind each but the last. Behind the
 * last convolution the LeakyReLU comes after the pool, which gives the same, as it rises.
 */
export interface NetworkShape {
  readonly imagePx: number;
  readonly convolutions: readonly ConvolutionShape[];
  /** Units of the dense layers before the last, which has one. */
  readonly hidden: readonly number[];
  /** Share of the pooled values that are left out in a step. */
  readonly dropout: number;
}

/** A tensor of weights and its place among all. Laid out as PyTorch's state has it. */
export interface Parameter {
  readonly name: string;
  /** Of a convolution [outputs, inputs, kernel, kernel], of a dense layer [outputs, inputs], of a bias [outputs]. */
  readonly dimensions: readonly number[];
  /** Where its values begin among those of all parameters. */
  readonly from: number;
  readonly length: number;
  /** Values that each output is made of: the start is even within 1 / sqrt(fanIn) (PyTorch's default). */
  readonly fanIn: number;
}

/** Colours of a picture. */
export const CHANNELS = 3;

/** What each LeakyReLU gives of negative values. */
export const LEAK = 0.1;

export const POOL_PX = 2;

/** The sizes between the layers. */
export interface LayerSizes {
  /** Side of what goes into each convolution, and of what the last one gives. */
  readonly sidesPx: readonly number[];
  /** Channels likewise. */
  readonly channels: readonly number[];
  readonly pooledPx: number;
  /** Values behind the pool, channel after channel. */
  readonly features: number;
}

/** @throws BowerbirdError BB_USAGE where the kernels leave nothing of the picture */
export function layerSizes({ imagePx, convolutions }: NetworkShape): LayerSizes {
  const sidesPx = [imagePx];
  for (const { kernelPx } of convolutions) sidesPx.push(sidesPx.at(-1)! - kernelPx + 1);
  const channels = [CHANNELS, ...convolutions.map((layer) => layer.channels)];
  const pooledPx = Math.floor(sidesPx.at(-1)! / POOL_PX);
  if (pooledPx < 1)
    throw new BowerbirdError(
      'BB_USAGE',
      `Convolutions of ${convolutions.map(({ kernelPx }) => `${kernelPx} x ${kernelPx}`).join(' and ')} pixels and a pool of ${POOL_PX} leave nothing of ` +
        `pictures of ${imagePx} x ${imagePx}. Give smaller kernels, or make the dataset with larger pictures.`,
      { fields: { imagePx } },
    );
  return { sidesPx, channels, pooledPx, features: channels.at(-1)! * pooledPx ** 2 };
}

/** All weights of a network, in their order. */
export function parametersOf(shape: NetworkShape): Parameter[] {
  const { channels, features } = layerSizes(shape);
  const parameters: Parameter[] = [];
  const add = (name: string, dimensions: readonly number[], fanIn: number): void => {
    const last = parameters.at(-1);
    const length = dimensions.reduce((product, size) => product * size, 1);
    parameters.push({ name, dimensions, from: last ? last.from + last.length : 0, length, fanIn });
  };
  for (const [i, { channels: outputs, kernelPx }] of shape.convolutions.entries()) {
    const fanIn = channels[i]! * kernelPx ** 2;
    add(`convolution${i}.weight`, [outputs, channels[i]!, kernelPx, kernelPx], fanIn);
    add(`convolution${i}.bias`, [outputs], fanIn);
  }
  const widths = [features, ...shape.hidden, 1];
  for (const [i, outputs] of widths.slice(1).entries()) {
    add(`dense${i}.weight`, [outputs, widths[i]!], widths[i]!);
    add(`dense${i}.bias`, [outputs], widths[i]!);
  }
  return parameters;
}

/** How many weights there are. */
export function weightCount(parameters: readonly Parameter[]): number {
  const last = parameters.at(-1)!;
  return last.from + last.length;
}
