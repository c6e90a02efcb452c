import type { HeadOrigin, ModelOrigin, PixelOrigin } from '../../../src/samples/provenance/origin.ts';

/** An encoder as a run puts it on record. */
export const ENCODER: ModelOrigin = {
  model: { name: 'ViT-L/14', digest: 'e'.repeat(64) },
  transform: 'exact',
  crop: { transform: 'short-side', input_size: 224, mean: [0.5, 0.5, 0.5] },
  runtimes: [{ name: 'onnxruntime', version: '1.30.0', provider: 'cpu' }],
};

/** The same on another provider. */
export const ENCODER_ON_CUDA: ModelOrigin = {
  ...ENCODER,
  runtimes: [{ name: 'onnxruntime', version: '1.30.0', provider: 'cuda' }],
};

/** A score of a head of that name over the encoder. */
export function byHead(name: string, encoder: ModelOrigin | null = ENCODER): HeadOrigin {
  return { from: 'head', head: { name, digest: name.padEnd(64, '0') }, encoder };
}

/** A score of a classifier. */
export const BY_MODEL: PixelOrigin = {
  from: 'model',
  model: { name: 'watermark', digest: 'w'.repeat(64) },
  transform: 'exact',
  output: { class: 0, activation: 'softmax' },
  runtimes: [],
};
