import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startImageModel } from '../../src/embed/image-model.ts';
import { modelFacts } from '../../src/embed/model-facts.ts';
import { type ImageModelSpec, imageModelSpec } from '../../src/embed/spec.ts';
import { ACTIVATIONS } from '../../src/models/convert/activation.ts';
import { readManifest } from '../../src/models/manifest.ts';
import type { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { floatTensor } from '../../src/models/onnx/messages.ts';
import { EXPECTED, FIXTURES } from '../check/golden-rows.ts';
import { channelMeans, smallManifest, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

/** Models with two GELUs each, as torch exports them, and what those are. */
const EXPORTS: readonly (readonly [file: string, activation: string | undefined])[] = [
  ['quick_gelu-14', 'quick_gelu'],
  ['gelu-14', 'gelu'],
  ['gelu-20', 'gelu'],
  ['gelu_tanh-14', 'gelu_tanh'],
  ['gelu_tanh-20', 'gelu_tanh'],
  ['gelu_tanh-hand', 'gelu_tanh'],
  ['quick_gelu-half', 'quick_gelu'],
  ['gelu-half', 'gelu'],
  ['gelu_tanh-half', 'gelu_tanh'],
  ['silu-14', undefined],
];

test('the activations of a graph are recognised, as one operator and written out', (t) => {
  for (const [file, activation] of EXPORTS) {
    const { activations, hasFloat16 } = modelFacts(join(FIXTURES, `${file}.onnx`));
    t.deepEqual(activations, activation === undefined ? [] : [activation, activation], file);
    t.is(hasFloat16, file.endsWith('-half'), file);
  }
});

test('a QuickGelu of another slope is none: of 1 it is a SiLU', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [slope, expected] of [
    [1.702, ['quick_gelu']],
    [1, []],
  ] as const) {
    const build = (graph: GraphBuilder, input: string): void => {
      channelMeans(graph, input, 'means');
      graph.node('com.microsoft::QuickGelu', ['means'], { alpha: { float: slope } }, 'embedding');
    };
    t.deepEqual(modelFacts(await writeOddModel(folder, { build })).activations as unknown, expected);
  }
});

async function rowsOf(spec: ImageModelSpec): Promise<Float32Array> {
  const running = { device: 'cpu', batchSize: 4, threads: 1, title: 'model', timeoutFlag: '' } as const;
  const model = await startImageModel({ ...running, spec });
  try {
    return await model.run(EXPECTED.exports.pixels.map((pixels) => Uint8Array.from(pixels)));
  } finally {
    await model.stop();
  }
}

test('with another activation in its place, a model gives what torch gives with that one', async (t) => {
  const folder = await temporaryFolder(t);
  const manifest = smallManifest({ mean: [0.5, 0.5, 0.5], std: [0.125, 0.125, 0.125] });
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  for (const [file, activations, tolerance] of [
    ['quick_gelu-14', ACTIVATIONS, 1e-6],
    ['gelu_tanh-14', ['gelu'], 1e-6],
    ['gelu-20', ['quick_gelu'], 1e-6],
    ['gelu-half', ['quick_gelu'], 2e-3],
  ] as const) {
    const modelPath = join(folder, `${file}.onnx`);
    await copyFile(join(FIXTURES, `${file}.onnx`), modelPath);
    const spec = imageModelSpec(modelPath, await readManifest(join(folder, 'manifest.json')), 'plain');
    for (const activation of activations) {
      const expected = EXPECTED.exports[activation].flat();
      const rows = await rowsOf({ ...spec, activation });
      const off = Math.max(...rows.map((value, i) => Math.abs(value - expected[i]!)));
      t.true(off <= tolerance, `${file} with ${activation}: ${off}`);
    }
  }
});

test('a damaged graph is refused or read, and nothing else comes of it', async (t) => {
  const sound = await readFile(join(FIXTURES, 'gelu_tanh-14.onnx'));
  const path = join(await temporaryFolder(t), 'model.onnx');
  const next = randomNumbers(1);
  let refused = 0;
  for (let round = 0; round < 200; round++) {
    const damaged = Buffer.from(sound);
    for (let i = 0; i < 8; i++) damaged[Math.floor(next() * damaged.length)] = Math.floor(next() * 256);
    await writeFile(path, damaged);
    try {
      t.true(modelFacts(path).activations.length <= 2);
    } catch (thrown) {
      t.is((thrown as { code?: string }).code, 'BB_MODEL_GRAPH', String(thrown));
      refused++;
    }
  }
  t.true(refused > 0);
});

/** `count` squares of squares, with a Sigmoid beside each that asks for the ways back; then a QuickGELU. */
function squaresThenGelu(count: number): (graph: GraphBuilder, input: string) => void {
  return (graph, input) => {
    channelMeans(graph, input, 'square_0');
    for (let i = 0; i < count; i++) {
      graph.node('Mul', [`square_${i}`, graph.node('Sigmoid', [`square_${i}`])]);
      graph.node('Mul', [`square_${i}`, `square_${i}`], {}, `square_${i + 1}`);
    }
    const slope = graph.initializer(floatTensor([1.702]));
    const gate = graph.node('Sigmoid', [graph.node('Mul', [`square_${count}`, slope])]);
    graph.node('Mul', [`square_${count}`, gate], {}, 'embedding');
  };
}

test('a graph that would take for ever to be recognised is given up', async (t) => {
  const folder = await temporaryFolder(t);
  const activations = async (count: number): Promise<readonly string[]> =>
    modelFacts(await writeOddModel(folder, { build: squaresThenGelu(count) })).activations;
  t.deepEqual(await activations(20), ['quick_gelu']);
  t.deepEqual(await activations(4000), []);
});
