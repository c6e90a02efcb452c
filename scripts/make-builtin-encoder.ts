/**
 * Writes assets/encoders/builtin: model.onnx, manifest.json and head.json. The same on every run. Beside itself it notes
 * what the head was fitted by, so that a test can tell whether head.json is still what this script would write.
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
import { HEAD_LOCK, headLock } from './builtin-encoder/head-lock.ts';
import { DIMENSION, IMAGE_SIZE } from './builtin-encoder/measures.ts';

/** Files by name, as they are to be written. */
type Files = Readonly<Record<string, Uint8Array | string>>;

/** The files of the encoder but its head, and the digest of its model. */
export function builtinModelFiles(): { readonly files: Files; readonly digest: string } {
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
  return { files: { 'model.onnx': model, 'manifest.json': json(manifest) }, digest };
}

function builtinHead(digest: string): string {
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
  return json(head);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function main(): Promise<void> {
  const folder = process.argv[2] ?? join(packageFolder, 'assets', 'encoders', 'builtin');
  await mkdir(folder, { recursive: true });
  const { files, digest } = builtinModelFiles();
  const head = builtinHead(digest);
  for (const [name, content] of Object.entries({ ...files, 'head.json': head }))
    await writeFile(join(folder, name), content);
  if (process.argv[2] === undefined) await writeFile(HEAD_LOCK, json(headLock(head)));
  console.log(`Wrote ${folder}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
