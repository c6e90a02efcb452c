/**
 * Writes assets/encoders/builtin: model.onnx, manifest.json and head.json. The same on every run.
 *
 *   node .build/scripts/make-builtin-encoder.js [FOLDER]
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../src/base/package.ts';
import { builtinModel } from './builtin-encoder/graph.ts';
import { fitHead } from './builtin-encoder/head.ts';
import { DIMENSION, IMAGE_SIZE } from './builtin-encoder/measures.ts';

/** The files of the encoder by name, as they are to be written. */
export function builtinFiles(): Readonly<Record<string, Uint8Array | string>> {
  const model = Buffer.concat(builtinModel());
  const digest = createHash('sha256').update(model).digest('hex');
  const manifest = {
    $schema: '../../../schemas/encoder-manifest.schema.json',
    name: 'builtin',
    description: 'photographic measures, not CLIP',
    input_size: IMAGE_SIZE,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    dimension: DIMENSION,
    transform: 'clip',
    sha256: digest,
  };
  const { weights, bias } = fitHead();
  const head = {
    format: 'bowerbird-head',
    version: 1,
    tag: 'aesthetic',
    encoder: { name: 'builtin', digest },
    unit_norm: true,
    activation: 'none',
    layers: [{ weights: [weights], bias: [bias] }],
  };
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return { 'model.onnx': model, 'manifest.json': json(manifest), 'head.json': json(head) };
}

async function main(): Promise<void> {
  const folder = process.argv[2] ?? join(packageFolder, 'assets', 'encoders', 'builtin');
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(builtinFiles())) await writeFile(join(folder, name), content);
  console.log(`Wrote ${folder}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
