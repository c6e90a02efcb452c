import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noiseCrops } from '../../src/embed/batch-probe.ts';
import type { Device } from '../../src/embed/session.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import { CLIP_SHAPES, writeRandomClip } from './random-clip.ts';

/** What all contestants of a bench of encoders work with. */
export interface EncoderWork {
  /** Folder of the ONNX model. */
  readonly model: string;
  /** Folder of the weights, as transformers reads them. */
  readonly weights: string;
  /** A batch of crops, and the file that holds them, one after the other. */
  readonly crops: readonly Uint8Array[];
  readonly cropsFile: string;
  readonly threads: number;
  readonly device: Device;
  readonly precision: 'float32' | 'float16';
}

/** What a work is made of; the name of the model is one of `CLIP_SHAPES`. */
export interface WorkOptions extends Pick<EncoderWork, 'threads' | 'device' | 'precision'> {
  readonly model: string;
  readonly batchSize: number;
}

/** Writes random weights, converts them as `models convert` does, for GPUs with fused operators, and makes crops of noise. */
export async function prepareWork(folder: string, options: WorkOptions): Promise<EncoderWork> {
  const { model: name, batchSize, device, precision, threads } = options;
  const shape = CLIP_SHAPES[name as keyof typeof CLIP_SHAPES];
  if (!shape) throw new Error(`--model is one of ${Object.keys(CLIP_SHAPES).join(', ')}.`);
  const [weights, model, cropsFile] = ['weights', 'model', 'crops'].map((part) => join(folder, part)) as [
    string,
    string,
    string,
  ];
  await writeRandomClip(weights, shape);
  const operators = device === 'cpu' ? 'standard' : 'fused';
  await convertWeights(weights, { name: 'random', precision, operators }, model);
  const crops = noiseCrops(batchSize, shape.image_size ** 2 * 3);
  await writeFile(cropsFile, Buffer.concat(crops));
  return { model, weights, crops, cropsFile, threads, device, precision };
}
