import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { blur } from '../../scripts/builtin-encoder/blur.ts';
import { addNoise, desaturate, expose, flatten, stamp } from '../../scripts/builtin-encoder/faults.ts';
import { builtinModel } from '../../scripts/builtin-encoder/graph.ts';
import { DIMENSION, IMAGE_SIZE, MEASURES } from '../../scripts/builtin-encoder/measures.ts';
import { finish, type Picture } from '../../scripts/builtin-encoder/picture.ts';
import { referenceFeatures, referenceMeasures } from '../../scripts/builtin-encoder/reference.ts';
import { noisePicture, plainPicture, scene, textPage } from '../../scripts/builtin-encoder/scenes.ts';
import { builtinFiles } from '../../scripts/make-builtin-encoder.ts';
import { Random } from '../../scripts/random.ts';
import { packageFolder } from '../../src/base/package.ts';
import { createEncoder, type Encoder } from '../../src/embed/encoder.ts';
import { resolveEncoder } from '../../src/models/registry.ts';

const FOLDER = join(packageFolder, 'assets', 'encoders', 'builtin');
const PIXELS = IMAGE_SIZE ** 2;

interface HeadFile {
  layers: [{ weights: [number[]]; bias: [number] }];
  encoder: { name: string; digest: string };
}

const head = JSON.parse(readFileSync(join(FOLDER, 'head.json'), 'utf8')) as HeadFile;

function patterned(of: (x: number, y: number) => readonly [number, number, number]): Uint8Array {
  const pixels = new Uint8Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++) pixels.set(of(i % IMAGE_SIZE, Math.floor(i / IMAGE_SIZE)), 3 * i);
  return pixels;
}

let encoder: Encoder | undefined;

test.after.always(() => encoder?.stop());

test.before(async () => {
  const files = await resolveEncoder('builtin');
  encoder = await createEncoder({ files, device: 'cpu', batchSize: 4, threads: 1 });
});

function embedBuiltin(crops: readonly Uint8Array[]): Promise<Float32Array> {
  return encoder!.embed(crops);
}

async function scores(pictures: readonly Picture[]): Promise<number[]> {
  const embeddings = await embedBuiltin(pictures.map(finish));
  const [{ weights, bias }] = head.layers;
  return pictures.map((_, row) =>
    weights[0].reduce((sum, weight, i) => sum + weight * embeddings[row * DIMENSION + i]!, bias[0]),
  );
}

test('the committed files are what the script writes', (t) => {
  for (const [name, content] of Object.entries(builtinFiles())) {
    t.true(
      Buffer.from(content).equals(readFileSync(join(FOLDER, name))),
      `${name}: run make-builtin-encoder`,
    );
  }
});

test('the encoder is small, and says what it is', async (t) => {
  const files = await resolveEncoder('builtin');
  t.true(readFileSync(files.modelPath).length < 100_000);
  t.is(files.name, 'builtin');
  t.is(files.manifest.description, 'photographic measures, not CLIP');
  t.is(files.headPath, join(FOLDER, 'head.json'));
  t.is(head.encoder.digest, files.digest);
  t.is(head.layers[0].weights[0].length, files.manifest.dimension);
});

test('an image has the same measures, bit for bit, wherever it stands in a batch', async (t) => {
  for (const batchSize of [8, 32]) {
    const files = await resolveEncoder('builtin');
    const encoder = await createEncoder({ files, device: 'cpu', batchSize, threads: 1 });
    t.teardown(() => encoder.stop());
    t.true(encoder.batchInvariant);
  }
});

test('each measure of the graph equals its float64 twin', async (t) => {
  const random = new Random(99);
  const pictures: readonly (readonly [string, Uint8Array])[] = [
    ['scene', finish(scene(random, 0))],
    ['soft scene', finish(scene(random, 2))],
    ['night', finish(scene(random, 3))],
    ['text', finish(textPage(random))],
    ['noise', finish(noisePicture(random))],
    ['gradient', finish(plainPicture(random))],
    ['black', patterned(() => [0, 0, 0])],
    ['white', patterned(() => [255, 255, 255])],
    ['stripes', patterned((x) => (x % 6 < 3 ? [255, 0, 0] : [0, 255, 255]))],
    ['checks', patterned((x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]))],
    ['corner', patterned((x, y) => (x < 75 && y < 75 ? [200, 160, 20] : [20, 30, 90]))],
  ];
  const session = await InferenceSession.create(Buffer.concat(builtinModel()));
  for (const [name, pixels] of pictures) {
    const planes = new Float32Array(3 * PIXELS);
    for (let i = 0; i < pixels.length; i++) planes[(i % 3) * PIXELS + Math.floor(i / 3)] = pixels[i]! / 255;
    const feeds = { pixels: new Tensor('float32', planes, [1, 3, IMAGE_SIZE, IMAGE_SIZE]) };
    const output = (await session.run(feeds))['measures']!.data as Float32Array;
    referenceFeatures(pixels).forEach((feature, i) => {
      const difference = Math.abs(feature - output[i]!);
      const { name: measure } = MEASURES[i % MEASURES.length]!;
      t.true(difference < 5e-4, `${measure} of ${name}: ${feature} and ${output[i]}`);
    });
  }
});

test('an embedding has the same norm before it is normalised, so the head loses nothing', async (t) => {
  const pixels = finish(scene(new Random(3), 1));
  const features = referenceFeatures(pixels);
  const norm = Math.sqrt(MEASURES.length);
  t.true(Math.abs(Math.hypot(...features) - norm) < 1e-9);
  const embedding = await embedBuiltin([pixels]);
  features.forEach((feature, i) => {
    t.true(Math.abs(feature / norm - embedding[i]!) < 5e-4);
  });
});

const near = (value: number | undefined, expected: number, tolerance: number): boolean =>
  value !== undefined && Math.abs(value - expected) <= tolerance;

test('the measures have their textbook values on pictures that can be worked out by hand', (t) => {
  const plain = referenceMeasures(patterned(() => [51, 102, 204]));
  t.true(near(plain['luminance'], 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8, 1e-9));
  t.true(near(plain['saturation'], 0.6, 1e-9));
  t.true(near(plain['warmth'], -0.6, 1e-9));
  t.true(near(plain['contrast'], 0, 2e-3));
  t.is(plain['flat_share'], 1);
  // One colour: rg = -0.2, yb = 0.3 - 0.8; no spread, so 0.3 of the length of the mean.
  t.true(near(plain['colourfulness'], 0.3 * Math.hypot(0.2, 0.5), 2e-3));

  const halves = referenceMeasures(patterned((x) => (x < IMAGE_SIZE / 2 ? [0, 0, 0] : [255, 255, 255])));
  t.true(near(halves['contrast'], 0.5, 1e-5));
  t.true(near(halves['blown'], 0.5, 1e-9));
  t.true(near(halves['crushed'], 0.5, 1e-9));
  t.true(near(halves['paper'], 0.5, 1e-9));
  t.true(near(halves['tone_range'], 1, 1e-9));
  // Two of sixteen bins, equally full: one bit of four.
  t.true(near(halves['tone_entropy'], 0.25, 1e-3));
  // Only vertical edges; two columns of 222 have a slope of one half.
  t.true((halves['edge_direction'] ?? 0) > 0.8);
  t.true(near(halves['edges'], (2 / 222) * 0.5, 2e-3));

  const checks = referenceMeasures(patterned((x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0])));
  // The Laplacian of a chequerboard is +4 and -4.
  t.true(near(checks['sharpness'], Math.log(16), 1e-3));
});

test('the noise estimate finds the deviation of Gaussian noise', (t) => {
  const random = new Random(7);
  const noisy = patterned(() => {
    const value = Math.round(128 + 12 * random.normal());
    return [value, value, value];
  });
  const estimate = Math.exp(referenceMeasures(noisy)['noise']!) - 1e-3;
  t.true(near(estimate, 12 / 255, 0.03 * (12 / 255)), `${estimate * 255}`);
});

const FAULTS: readonly [what: string, spoil: (picture: Picture) => Picture][] = [
  ['blurring', (picture) => blur(picture, 3)],
  ['noise', (picture) => addNoise(picture, 0.15, 5)],
  ['taking the colour away', (picture) => desaturate(picture, 1)],
  ['over-exposing', (picture) => expose(picture, 3)],
  ['under-exposing', (picture) => expose(picture, 0.2)],
  ['lowering the contrast', (picture) => flatten(picture, 0.25)],
  ['stamping a watermark on', (picture) => stamp(picture, 0.7, 5)],
];

// Seeds that the head has not learnt from.
const GOOD_PICTURES = [501, 502, 503, 504].map((seed) => scene(new Random(seed), 0));

for (const [what, spoil] of FAULTS) {
  test(`${what} lowers the score of a good picture`, async (t) => {
    const before = await scores(GOOD_PICTURES);
    const after = await scores(GOOD_PICTURES.map(spoil));
    before.forEach((score, i) => {
      t.true(after[i]! < score - 0.3, `picture ${i}: ${score} became ${after[i]}`);
    });
  });
}

test('good pictures score high, and pages of text, plain colours and noise low', async (t) => {
  const random = new Random(4711);
  const [good, ...others] = await Promise.all(
    [GOOD_PICTURES, [textPage(random)], [plainPicture(random)], [noisePicture(random)]].map(scores),
  );
  for (const score of good!) t.true(score > 6 && score < 10, `${score}`);
  for (const [score] of others) t.true(score! < 4, `${score}`);
});
