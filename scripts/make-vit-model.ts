/**
 * Writes a CLIP vision transformer with random weights and its manifest into a folder, to test and measure with:
 * by default in the shape of ViT-B/32 (350 MB). Its embeddings mean nothing.
 *
 *   node .build/scripts/make-vit-model.js FOLDER [--float16] [--external] [--batch 8] [--layers 12] [--width 768] ...
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { TensorData } from '../src/models/onnx/messages.ts';
import { toHalves } from './half.ts';
import { Random } from './random.ts';
import { ELEMENT_TYPES, VIT_B_32, type VitShape, vitModel } from './vit-graph.ts';

/** What to write; the shape of ViT-B/32, float32, opset 17 and one file where nothing else is asked. */
export interface VitModelOptions {
  readonly shape?: Partial<VitShape>;
  readonly precision?: keyof typeof ELEMENT_TYPES;
  /** Weights in a file of their own beside the model. */
  readonly external?: boolean;
  readonly batch?: number | string;
  readonly opset?: number;
  readonly withTokens?: boolean;
  readonly seed?: number;
}

/** CLIP's own constants (openai/CLIP, clip.py). */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];

/** Writes `model.onnx`, `manifest.json` and perhaps `model.onnx.data` into `folder`; gives the model's path. */
export async function writeVitModel(folder: string, options: VitModelOptions = {}): Promise<string> {
  const shape = { ...VIT_B_32, ...options.shape };
  const precision = options.precision ?? 'float32';
  const random = new Random(options.seed ?? 1);
  const external: Uint8Array[] = [];
  let externalBytes = 0;

  function weight(dimensions: readonly number[], scale: number, centre: number): TensorData {
    const content = encode(randomValues(random, dimensions, scale, centre), precision);
    const elementType = ELEMENT_TYPES[precision];
    if (!options.external) return { elementType, dimensions, content };
    const place = { file: 'model.onnx.data', offset: externalBytes, length: content.byteLength };
    external.push(content);
    externalBytes += content.byteLength;
    return { elementType, dimensions, content: place };
  }

  const model = vitModel({
    shape,
    elementType: ELEMENT_TYPES[precision],
    batch: options.batch ?? 'batch',
    opset: options.opset ?? 17,
    weight,
    withTokens: options.withTokens ?? false,
  });
  await mkdir(folder, { recursive: true });
  await writePieces(join(folder, 'model.onnx'), model);
  if (options.external) await writePieces(join(folder, 'model.onnx.data'), external);
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifestOf(shape, options), null, 2)}\n`);
  return join(folder, 'model.onnx');
}

function manifestOf(shape: VitShape, { withTokens }: VitModelOptions): Record<string, unknown> {
  return {
    name: `random-vit-${shape.width}x${shape.layers}-p${shape.patchSize}`,
    description: 'A CLIP vision transformer with random weights, for tests and measurements',
    input_size: shape.imageSize,
    mean: CLIP_MEAN,
    std: CLIP_STD,
    dimension: shape.dimension,
    transform: 'clip',
    ...(withTokens ? { output: 'image_embeds' } : {}),
  };
}

/** Uniform values of the wished mean and standard deviation. */
function randomValues(
  random: Random,
  dimensions: readonly number[],
  scale: number,
  centre: number,
): Float32Array {
  const values = new Float32Array(dimensions.reduce((product, size) => product * size, 1));
  const reach = scale * Math.sqrt(3);
  for (let i = 0; i < values.length; i++) values[i] = centre + reach * (2 * random.next() - 1);
  return values;
}

function encode(values: Float32Array, precision: keyof typeof ELEMENT_TYPES): Uint8Array {
  const numbers = precision === 'float16' ? toHalves(values) : values;
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const stream = createWriteStream(path);
  for (const piece of pieces) if (!stream.write(piece)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      float16: { type: 'boolean' },
      external: { type: 'boolean' },
      batch: { type: 'string' },
      layers: { type: 'string' },
      width: { type: 'string' },
      heads: { type: 'string' },
      'patch-size': { type: 'string' },
      dimension: { type: 'string' },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new Error('Say into which folder: node .build/scripts/make-vit-model.js FOLDER');
  const sizes = {
    layers: values.layers,
    width: values.width,
    heads: values.heads,
    patchSize: values['patch-size'],
    dimension: values.dimension,
  };
  const shape = Object.fromEntries(
    Object.entries(sizes).flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]])),
  );
  const path = await writeVitModel(folder, {
    shape,
    precision: values.float16 ? 'float16' : 'float32',
    external: values.external ?? false,
    ...(values.batch === undefined ? {} : { batch: Number(values.batch) }),
  });
  console.log(`Wrote ${path}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
