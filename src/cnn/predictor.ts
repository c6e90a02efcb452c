import { Tensor } from '../embed/onnxruntime.ts';
import type { ImageSource } from './dataset.ts';
import { PIXEL_INPUT, pixelModel, SCORE_OUTPUT, type TrainedNetwork } from './inference-graph.ts';
import { CHANNELS } from './shape.ts';
import { openGraph } from './stepper.ts';
import type { PixelScale } from './training-graph.ts';

const IMAGES_AT_ONCE = 64;

/** How pictures are looked at. */
export interface PredictionRun {
  readonly threads: number;
  /** How many of how many have been. */
  readonly onSeen: (done: number, total: number) => void;
}

/**
 * What a network gives for pictures, on the CPU.
 *
 * @returns float64 by picture, in the unit of its targets
 */
export async function predictions(
  network: TrainedNetwork,
  scale: PixelScale,
  images: ImageSource,
  { threads, onSeen }: PredictionRun,
): Promise<Float64Array> {
  const session = await openGraph(pixelModel(network, scale), { threads, device: 'cpu' });
  try {
    const { imagePx } = network.shape;
    const found = new Float64Array(images.count);
    for (let from = 0; from < images.count; from += IMAGES_AT_ONCE) {
      const count = Math.min(IMAGES_AT_ONCE, images.count - from);
      const pixels = images.read(from, count);
      const feed = new Tensor('uint8', pixels, [count, imagePx, imagePx, CHANNELS]);
      const { [SCORE_OUTPUT]: scores } = await session.run({ [PIXEL_INPUT]: feed });
      found.set(scores!.data as Float32Array, from);
      onSeen(from + count, images.count);
    }
    return found;
  } finally {
    await session.release();
  }
}
