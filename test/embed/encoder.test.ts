import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type VitModelOptions, writeVitModel } from '../../scripts/make-vit-model.ts';
import { createEncoder, type Encoder, type EncoderOptions, rowProblem } from '../../src/embed/encoder.ts';
import { InferenceSession, Tensor } from '../../src/embed/onnxruntime.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import {
  channelMeans,
  noiseCrops,
  SMALL_SIZE,
  temporaryFolder,
  writeOddModel,
} from '../helpers/odd-models.ts';
import { withPreload } from '../helpers/preload.ts';

const TINY = { imageSize: 32, patchSize: 8, width: 32, layers: 2, heads: 4, dimension: 16 };
const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];

async function encoderOf(
  t: ExecutionContext,
  path: string,
  options: Partial<EncoderOptions> = {},
): Promise<Encoder> {
  const files = await resolveEncoder(path);
  const encoder = await createEncoder({ files, device: 'cpu', batchSize: 4, threads: 1, ...options });
  t.teardown(() => encoder.stop());
  return encoder;
}

/** What the model itself says to float pixels that were prepared in JavaScript, one image at a time. */
async function embedDirectly(path: string, crops: readonly Uint8Array[], batch = 1): Promise<Float64Array[]> {
  const session = await InferenceSession.create(path);
  const { imageSize } = TINY;
  const rows: Float64Array[] = [];
  for (const crop of crops) {
    const planes = new Float32Array(batch * crop.length);
    for (let i = 0; i < crop.length; i++) {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      planes[channel * imageSize ** 2 + pixel] = (crop[i]! / 255 - MEAN[channel]!) / STD[channel]!;
    }
    const feeds = { pixel_values: new Tensor('float32', planes, [batch, 3, imageSize, imageSize]) };
    const output = (await session.run(feeds))['image_embeds']!.data as Float32Array;
    rows.push(normalised(Float64Array.from(output.subarray(0, TINY.dimension))));
  }
  await session.release();
  return rows;
}

function normalised(row: Float64Array): Float64Array {
  const norm = Math.hypot(...row);
  return row.map((value) => value / norm);
}

function worstCosine(rows: readonly Float64Array[], embeddings: Float32Array): number {
  const cosines = rows.map((row, r) => {
    const other = normalised(Float64Array.from(embeddings.subarray(r * row.length, (r + 1) * row.length)));
    return row.reduce((sum, value, i) => sum + value * other[i]!, 0);
  });
  return Math.min(...cosines);
}

const VARIANTS: readonly [name: string, options: VitModelOptions][] = [
  ['a float32 model', {}],
  ['a model of opset 18', { opset: 18 }],
  ['a model with its weights in another file', { external: true }],
  ['a model of batch size 1', { batch: 1 }],
  ['a model of batch size 3', { batch: 3 }],
  ['a model with two outputs', { withTokens: true }],
];

for (const [name, options] of VARIANTS) {
  test(`${name} gives what onnxruntime gives for float pixels`, async (t) => {
    const path = await writeVitModel(await temporaryFolder(t), { shape: TINY, ...options });
    const encoder = await encoderOf(t, path);
    const crops = noiseCrops(9, TINY.imageSize);
    const embeddings = await encoder.embed(crops);
    const batch = typeof options.batch === 'number' ? options.batch : 1;
    const cosine = worstCosine(await embedDirectly(path, crops, batch), embeddings);
    t.true(cosine >= 0.999999, `cosine ${cosine}`);
    t.is(encoder.batchSize, typeof options.batch === 'number' ? options.batch : 4);
    t.is(encoder.dimension, TINY.dimension);
    t.true(encoder.batchInvariant);
    t.deepEqual(
      crops.map((_, row) => rowProblem(embeddings, row, TINY.dimension)),
      crops.map(() => undefined),
    );
  });
}

test('a float16 model gives nearly what the same float32 model gives', async (t) => {
  const crops = noiseCrops(5, TINY.imageSize);
  const full = await writeVitModel(await temporaryFolder(t), { shape: TINY });
  const half = await writeVitModel(await temporaryFolder(t), { shape: TINY, precision: 'float16' });
  const embeddings = await (await encoderOf(t, half)).embed(crops);
  const cosine = worstCosine(await embedDirectly(full, crops), embeddings);
  t.true(cosine >= 0.9999, `cosine ${cosine}`);
});

test('an image has the same embedding alone, in company, and in any of two sessions', async (t) => {
  const path = await writeVitModel(await temporaryFolder(t), { shape: TINY });
  const encoder = await encoderOf(t, path, { sessions: 2 });
  const crops = noiseCrops(10, TINY.imageSize);
  const together = await encoder.embed(crops);
  const alone = await Promise.all(crops.map((crop) => encoder.embed([crop])));
  t.deepEqual(Buffer.concat(alone.map((row) => Buffer.from(row.buffer))), Buffer.from(together.buffer));
  t.is((await encoder.embed([])).length, 0);
});

test('the means and deviations of the manifest are applied per colour, in order', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeOddModel(folder, {}, { mean: [0.2, 0.4, 0.6], std: [0.5, 0.25, 2] });
  const crop = new Uint8Array(SMALL_SIZE ** 2 * 3).map((_, i) => [51, 153, 255][i % 3]!);
  const [red, green, blue] = await (await encoderOf(t, path)).embed([crop]);
  // (0.2 - 0.2) / 0.5, (0.6 - 0.4) / 0.25, (1 - 0.6) / 2: a vector along 0, 0.8, 0.2.
  const norm = Math.hypot(0.8, 0.2);
  t.true(
    Math.abs(red!) < 1e-6 && Math.abs(green! - 0.8 / norm) < 1e-6 && Math.abs(blue! - 0.2 / norm) < 1e-6,
  );
});

test('a zero embedding and one that is not a number are told apart from unit rows', async (t) => {
  const path = await writeOddModel(await temporaryFolder(t), {
    // The logarithm of black is -infinity and of white 0; between them a plain number.
    build: (graph, input) => {
      channelMeans(graph, input, 'means');
      graph.node('Log', ['means'], {}, 'embedding');
    },
  });
  const crops = [0, 255, 100].map((level) => new Uint8Array(SMALL_SIZE ** 2 * 3).fill(level));
  const embeddings = await (await encoderOf(t, path)).embed(crops);
  t.regex(rowProblem(embeddings, 0, 3) ?? '', /not finite/);
  t.regex(rowProblem(embeddings, 1, 3) ?? '', /norm is zero/);
  t.is(rowProblem(embeddings, 2, 3), undefined);
});

test('a row is a unit row as long as its squares add up to 1 within a thousandth', (t) => {
  for (const squares of [0.9992, 1, 1.0008])
    t.is(rowProblem(Float32Array.of(0, Math.sqrt(squares)), 0, 2), undefined, String(squares));
  for (const squares of [0.9988, 1.0012])
    t.regex(rowProblem(Float32Array.of(0, Math.sqrt(squares)), 0, 2) ?? '', /no direction/, String(squares));
});

test('a dynamically quantised model is found to depend on the batch', async (t) => {
  const path = await writeOddModel(await temporaryFolder(t), {
    build: (graph, input) => {
      channelMeans(graph, input, 'means');
      const quantised = graph.nodeOutputs('DynamicQuantizeLinear', ['means'], {}, 3);
      graph.node('DequantizeLinear', quantised, {}, 'embedding');
    },
  });
  t.false((await encoderOf(t, path)).batchInvariant);
});

test('tensor names that would clash with those of the wrapper are no problem', async (t) => {
  const path = await writeOddModel(await temporaryFolder(t), {
    build: (graph, input) => {
      const kept = graph.node('Identity', [input], {}, 'bowerbird_pixels');
      channelMeans(graph, graph.node('Identity', [kept], {}, 'bowerbird__norm'));
    },
  });
  const [value] = await (await encoderOf(t, path)).embed([new Uint8Array(SMALL_SIZE ** 2 * 3).fill(9)]);
  t.true(Math.abs(value! - 1 / Math.sqrt(3)) < 1e-6);
});

test('a crop of another size is a mistake of the caller', async (t) => {
  const encoder = await encoderOf(t, await writeOddModel(await temporaryFolder(t)));
  await t.throwsAsync(encoder.embed([new Uint8Array(7)]), { instanceOf: RangeError });
});

test.serial('a process that dies costs nothing but its own restart', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeVitModel(folder, { shape: TINY });
  const crops = noiseCrops(8, TINY.imageSize);
  const expected = await (await encoderOf(t, path)).embed(crops);
  const { encoder, deaths } = await withPreload(folder, mortalOnce(folder), async () => {
    const told: string[] = [];
    const made = await encoderOf(t, path, { onCrash: (error) => told.push(error.code) });
    const embeddings: Float32Array[] = [];
    while (told.length === 0) embeddings.push(await made.embed(crops));
    embeddings.push(await made.embed(crops));
    for (const each of embeddings) t.deepEqual(each, expected);
    return { encoder: made, deaths: told };
  });
  t.deepEqual(deaths, ['BB_CHILD_CRASHED']);
  t.is(encoder.provider, 'cpu');
});

test.serial('a process that dies at every start ends in an error with its last words', async (t) => {
  const folder = await temporaryFolder(t);
  const files = await resolveEncoder(await writeOddModel(folder));
  const dies =
    "process.stderr.write('the library is gone\\n'); process.exitCode = 3; process.kill(process.pid);";
  await withPreload(folder, dies, async () => {
    const error = await t.throwsAsync(createEncoder({ files, device: 'cpu', batchSize: 1, threads: 1 }), {
      code: 'BB_EMBED_FAILED',
    });
    t.regex(error?.message ?? '', /could not be started.*the library is gone/s);
  });
});

/** Kills the first process that comes, once its session is at work; those after it live. */
function mortalOnce(folder: string): string {
  const marker = JSON.stringify(join(folder, 'died'));
  return `const fs = require('node:fs');
    if (!fs.existsSync(${marker})) setTimeout(() => { fs.writeFileSync(${marker}, ''); process.kill(process.pid, 'SIGKILL'); }, 1500);`;
}
