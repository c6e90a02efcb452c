import { ChildPool } from '../base/child-pool.ts';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import type { ImageTransform } from '../models/manifest.ts';
import type { ImageModelSpec } from './spec.ts';

/** What becomes of a pixel, per channel RGB: `(x / 255 - mean) / std`. */
export type Normalisation = Pick<ImageTransform, 'mean' | 'std'>;

/** What a reference process is started with. */
export interface ReferenceSettings {
  readonly spec: ImageModelSpec;
  readonly threads: number;
}

/** A reference to hold a model's rows against. */
export interface ReferenceModel {
  /**
   * Runs crops (uint8, `[sizePx, sizePx, 3]`, RGB) one by one.
   *
   * @returns n * width float32: the rows as the model gives them, not divided by their norm
   * @throws BowerbirdError BB_EMBED_FAILED
   */
  rows(crops: readonly Uint8Array[], normalisation: Normalisation): Promise<Float32Array>;
  stop(): Promise<void>;
}

/** How a reference is run. */
export interface ReferenceOptions extends ReferenceSettings {
  /** What loading the model and running all crops of a call may take. */
  readonly timeoutMs: number;
}

/**
 * Another way through the same model, which shares nothing with that of runs but onnxruntime itself: the file as it is, on the
 * CPU, without fusions, one picture at a time; layout and arithmetic of the pixels are done before it, in float64.
 */
export function startReference({ timeoutMs, ...settings }: ReferenceOptions): ReferenceModel {
  const pool = new ChildPool({
    name: 'reference',
    script: new URL('./reference-worker.js', import.meta.url),
    settings,
    size: 1,
    inFlightPerChild: 1,
    timeoutMs,
  });
  return {
    async rows(crops, { mean, std }) {
      const request = { op: 'run', args: { mean, std }, parts: crops };
      const { body } = await pool.request(request).catch((thrown: unknown) => {
        throw failure(thrown, settings.spec.modelPath);
      });
      return new Float32Array(body.buffer, body.byteOffset, body.byteLength / 4);
    },
    stop: () => pool.stop(),
  };
}

function failure(thrown: unknown, model: string): BowerbirdError {
  return new BowerbirdError(
    'BB_EMBED_FAILED',
    `The model ${model} could not be run on the CPU, without fusions, for comparison: ${messageOf(thrown)}`,
    { cause: thrown, fields: { model } },
  );
}
