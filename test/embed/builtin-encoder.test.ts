import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { blur } from '../../scripts/builtin-encoder/blur.ts';
import { compress } from '../../scripts/builtin-encoder/compress.ts';
import { addNoise, desaturate, expose, flatten, stamp } from '../../scripts/builtin-encoder/faults.ts';
import { builtinModel } from '../../scripts/builtin-encoder/graph.ts';
import { HEAD_LOCK, type HeadLock, headLock, sourcesOf } from '../../scripts/builtin-encoder/head-lock.ts';
import { DIMENSION, IMAGE_SIZE, MEASURES } from '../../scripts/builtin-encoder/measures.ts';
import { closeUp, flow, hills, stems } from '../../scripts/builtin-encoder/natural-scenes.ts';
import { finish, type Picture } from '../../scripts/builtin-encoder/picture.ts';
import { referenceFeatures, referenceMeasures } from '../../scripts/builtin-encoder/reference.ts';
import { noisePicture, plainPicture, scene, textPage } from '../../scripts/builtin-encoder/scenes.ts';
import { builtinModelFiles } from '../../scripts/make-builtin-encoder.ts';
import { Random } from '../../scripts/random.ts';
import { packageFolder } from '../../src/base/package.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { createEncoder, type Encoder, encoderSpec } from '../../src/embed/encoder.ts';
import { startImageModel } from '../../src/embed/image-model.ts';
import { InferenceSession, Tensor } from '../../src/embed/onnxruntime.ts';
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
  for (const [name, content] of Object.entries(builtinModelFiles().files)) {
    t.true(
      Buffer.from(content).equals(readFileSync(join(FOLDER, name))),
      `${name}: run make-builtin-encoder`,
    );
  }
});

test('the committed head is what the script wrote, and nothing that decides its weights has changed since', (t) => {
  const lock = JSON.parse(readFileSync(HEAD_LOCK, 'utf8')) as HeadLock;
  t.deepEqual(headLock(readFileSync(join(FOLDER, 'head.json'))), lock, 'run make-builtin-encoder');
  const sources = sourcesOf('builtin-encoder/head.ts');
  for (const file of [
    'head',
    'lessons',
    'measures',
    'reference',
    'reference-lines',
    'ridge',
    'scenes',
    'blur',
  ])
    t.true(sources.includes(`builtin-encoder/${file}.ts`), file);
  t.true(sources.includes('random.ts'));
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
  t.true(encoder!.batchInvariant);
  const files = await resolveEncoder('builtin');
  const large = await createEncoder({ files, device: 'cpu', batchSize: 32, threads: 1 });
  t.teardown(() => large.stop());
  t.true(large.batchInvariant);
});

test('its few channels are not computed in blocks of channels: a batch of 32 takes a third of the memory of that', async (t) => {
  const spec = encoderSpec(await resolveEncoder('builtin'));
  const running = { device: 'cpu', batchSize: 32, threads: 1, title: 'encoder', timeoutFlag: '' } as const;
  const model = await startImageModel({ spec, ...running });
  t.teardown(() => model.stop());
  // 350 MiB, and 965 in blocks of 16.
  t.true((await model.peakBytes()) < 600 * 1024 ** 2);
});

/** Pixels as the graph takes them: planes of 0..1. */
function planesOf(pixels: Uint8Array): Float32Array {
  const planes = new Float32Array(3 * PIXELS);
  for (let i = 0; i < pixels.length; i++) planes[(i % 3) * PIXELS + Math.floor(i / 3)] = pixels[i]! / 255;
  return planes;
}

test('smooth, flat and noisy pictures have the same measures, bit for bit, at every place of any batch', async (t) => {
  const random = new Random(12);
  const pictures = [
    patterned((x, y) => [x, y, (x + y) >> 1]),
    patterned(() => [51, 102, 204]),
    finish(noisePicture(random)),
    finish(scene(random, 0)),
  ].map(planesOf);
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(Buffer.concat(builtinModel()), options);
  const expected = new Map<number, string>();
  // Sizes that are multiples of a processor's vectors, and sizes that are not.
  for (const batchSize of [4, 5, 7, 16]) {
    for (let shift = 0; shift < pictures.length; shift++) {
      const batch = new Float32Array(batchSize * 3 * PIXELS);
      const kinds = Array.from({ length: batchSize }, (_, i) => (i + shift) % pictures.length);
      kinds.forEach((kind, i) => {
        batch.set(pictures[kind]!, i * 3 * PIXELS);
      });
      const feeds = { pixels: new Tensor('float32', batch, [batchSize, 3, IMAGE_SIZE, IMAGE_SIZE]) };
      const output = (await session.run(feeds))['measures']!.data as Float32Array;
      kinds.forEach((kind, i) => {
        const row = output.slice(i * DIMENSION, (i + 1) * DIMENSION).join();
        if (!expected.has(kind)) expected.set(kind, row);
        t.is(row, expected.get(kind)!, `picture ${kind} at ${i} of ${batchSize}`);
      });
    }
  }
});

test('each measure of the graph equals its float64 twin', async (t) => {
  const random = new Random(99);
  const pictures: readonly (readonly [string, Uint8Array])[] = [
    ['scene', finish(scene(random, 0))],
    ['soft scene', finish(scene(random, 2))],
    ['night', finish(scene(random, 3))],
    ['hills', finish(hills(random))],
    ['compressed', finish(compress(stems(random), 8, 360))],
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
    const feeds = { pixels: new Tensor('float32', planesOf(pixels), [1, 3, IMAGE_SIZE, IMAGE_SIZE]) };
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

test('a square grid of any period is found, and lines one way are none', (t) => {
  const lined = (isLine: (x: number, y: number) => boolean): Record<string, number> =>
    referenceMeasures(patterned((x, y) => (isLine(x, y) ? [110, 106, 104] : [100, 100, 100])));
  const onLine = (at: number, period: number): boolean => at % period < 1;
  for (const period of [3.73, 4.48, 5.6, 8]) {
    const grid = lined((x, y) => onLine(x, period) || onLine(y, period));
    const stripes = lined((x) => onLine(x, period));
    for (const name of ['block_grid', 'colour_grid']) {
      t.true(grid[name]! > stripes[name]! + 2, `${name} at ${period}: ${grid[name]}, ${stripes[name]}`);
    }
  }
});

test('a frame is a straight line both ways, a horizon is not', (t) => {
  const frame = referenceMeasures(patterned((x, y) => (x < 9 || y < 9 ? [255, 255, 255] : [90, 90, 90])));
  const horizon = referenceMeasures(patterned((_, y) => (y < 90 ? [255, 255, 255] : [90, 90, 90])));
  // The lines end 9 pixels from the corner.
  t.true(near(frame['frame_lines'], 215 / 224, 1e-9));
  t.is(horizon['frame_lines'], 0);
});

test('the grid of JPEG blocks is found after resizing, the more the stronger the compression', async (t) => {
  const pictures = [scene(new Random(601), 0), hills(new Random(602)), closeUp(new Random(603))];
  for (const side of [300, 420]) {
    for (const picture of pictures) {
      const grids: { block: number; colour: number }[] = [];
      for (const quality of [5, 15, 80]) {
        // Not our own compression: libjpeg's and libvips'.
        const raw = { width: IMAGE_SIZE, height: IMAGE_SIZE, channels: 3 } as const;
        const large = await sharp(finish(picture), { raw }).resize(side, side).jpeg({ quality }).toBuffer();
        const measures = referenceMeasures(
          await sharp(large).resize(IMAGE_SIZE, IMAGE_SIZE).raw().toBuffer(),
        );
        grids.push({ block: measures['block_grid']!, colour: measures['colour_grid']! });
      }
      const [worst, bad, good] = grids as [(typeof grids)[0], (typeof grids)[0], (typeof grids)[0]];
      t.true(worst.block > good.block + 0.5, `luma at ${side}: ${worst.block}, ${good.block}`);
      t.true(worst.colour > good.colour + 0.5, `colour at ${side}: ${worst.colour}, ${good.colour}`);
      t.true(bad.colour > good.colour, `colour at ${side}: ${bad.colour}, ${good.colour}`);
    }
  }
});

test('the lessons compress as libjpeg does', async (t) => {
  const raw = { width: IMAGE_SIZE, height: IMAGE_SIZE, channels: 3 } as const;
  const rms = (a: Uint8Array, b: Uint8Array): number =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
  for (const quality of [8, 20, 60]) {
    const picture = scene(new Random(604), 0);
    const jpeg = await sharp(finish(picture), { raw }).jpeg({ quality }).toBuffer();
    const expected = await sharp(jpeg).raw().toBuffer();
    const difference = rms(finish(compress(picture, quality, IMAGE_SIZE)), expected);
    const damage = rms(finish(picture), expected);
    // They are not one in how colour is brought back to full size.
    t.true(difference < damage / 2, `quality ${quality}: ${difference} of ${damage}`);
  }
});

const FAULTS: readonly [what: string, spoil: (picture: Picture) => Picture][] = [
  ['blurring', (picture) => blur(picture, 3)],
  ['noise', (picture) => addNoise(picture, 0.15, 5)],
  ['taking the colour away', (picture) => desaturate(picture, 1)],
  ['over-exposing', (picture) => expose(picture, 3)],
  ['under-exposing', (picture) => expose(picture, 0.2)],
  ['lowering the contrast', (picture) => flatten(picture, 0.25)],
  ['compressing it too far', (picture) => compress(picture, 5, 360)],
  ['stamping a watermark on', (picture) => stamp(picture, 0.7, 5)],
];

// Seeds that the head has not learnt from.
const GOOD_PICTURES = [501, 502, 503, 504].map((seed) => scene(new Random(seed), 0));
let goodScores: Promise<number[]> | undefined;

/** What the good pictures score, asked for once. */
function scoresOfGood(): Promise<number[]> {
  goodScores ??= scores(GOOD_PICTURES);
  return goodScores;
}

for (const [what, spoil] of FAULTS) {
  test(`${what} lowers the score of a good picture`, async (t) => {
    const before = await scoresOfGood();
    const after = await scores(GOOD_PICTURES.map(spoil));
    before.forEach((score, i) => {
      t.true(after[i]! < score - 0.3, `picture ${i}: ${score} became ${after[i]}`);
    });
  });
}

test('compression lowers the score of hills, stems, flowing colours and close-ups', async (t) => {
  const pictures = [hills, stems, flow, closeUp].map((paint) => paint(new Random(610)));
  const before = await scores(pictures);
  const after = await scores(pictures.map((picture) => compress(picture, 5, 360)));
  before.forEach((score, i) => {
    t.true(after[i]! < score - 1, `picture ${i}: ${score} became ${after[i]}`);
  });
});

test('good pictures score high, and pages of text, plain colours and noise low', async (t) => {
  const random = new Random(4711);
  for (const score of await scoresOfGood()) t.true(score > 6 && score < 10, `${score}`);
  for (const score of await scores([textPage(random), plainPicture(random), noisePicture(random)]))
    t.true(score < 4, `${score}`);
});
