// The work of `score` in the plainest way: one process, nothing written, a failure ends it.

import { Agent, request } from 'undici';
import { resizeAndCrop } from '../src/decode/exact-resize.ts';
import { sharp } from '../src/decode/sharp-library.ts';
import { cropGeometry } from '../src/decode/transform.ts';
import { encoderSpec } from '../src/embed/encoder.ts';
import { wrapModel } from '../src/embed/onnx/wrap.ts';
import { InferenceSession, Tensor } from '../src/embed/onnxruntime.ts';
import { loadHead } from '../src/heads/load.ts';
import { resolveEncoder } from '../src/models/registry.ts';

/** What the loop is told in its first argument. */
export interface PlainLoopSettings {
  /** Of the images, which are numbered from 0: `<origin>/<number>.jpg`. */
  readonly origin: string;
  readonly images: number;
  readonly downloadsAtOnce: number;
  readonly batchSize: number;
  readonly encoderThreads: number;
}

const settings = JSON.parse(process.argv[2]!) as PlainLoopSettings;
const { images, batchSize } = settings;
sharp.cache(false);
sharp.concurrency(1);

const files = await resolveEncoder('builtin');
const { manifest, headPath } = files;
const { sizePx } = manifest.transform;
const cropBytes = sizePx * sizePx * 3;
const model = wrapModel(encoderSpec(files));
const session = await InferenceSession.create(model.bytes, {
  intraOpNumThreads: settings.encoderThreads,
  executionMode: 'sequential',
  // As the encoder's process opens the built-in encoder (src/embed/session.ts).
  graphOptimizationLevel: 'extended',
});
const head = await loadHead(headPath!, { tag: 'aesthetic' });
const agent = new Agent();
let scoreSum = 0;
let batch: Uint8Array[] = [];

async function fetchCrop(image: number): Promise<Uint8Array> {
  const { body } = await request(`${settings.origin}/${image}.jpg`, { dispatcher: agent });
  const jpeg = Buffer.from(await body.arrayBuffer());
  const { data, info } = await sharp(jpeg, { ignoreIcc: true, failOn: 'error', pages: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { data, width: info.width, height: info.height, channels: 3 as const };
  return resizeAndCrop(pixels, cropGeometry(pixels, manifest.transform), false);
}

/** The same fixed, padded batches as the encoder's. */
async function score(crops: readonly Uint8Array[]): Promise<void> {
  const pixels = new Uint8Array(batchSize * cropBytes);
  for (const [i, crop] of crops.entries()) pixels.set(crop, i * cropBytes);
  const input = new Tensor('uint8', pixels, [batchSize, sizePx, sizePx, 3]);
  const output = (await session.run({ [model.inputName]: input }))[model.outputName]!;
  const embeddings = (output.data as Float32Array).subarray(0, crops.length * manifest.dimension);
  for (const value of head.score(embeddings, crops.length)) scoreSum += value;
}

let next = 0;
await Promise.all(
  Array.from({ length: settings.downloadsAtOnce }, async () => {
    while (next < images) {
      const crop = await fetchCrop(next++);
      batch.push(crop);
      if (batch.length < batchSize) continue;
      const full = batch;
      batch = [];
      await score(full);
    }
  }),
);
if (batch.length > 0) await score(batch);
await agent.close();
console.log(JSON.stringify({ images, meanScore: scoreSum / images }));
