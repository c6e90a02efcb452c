import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkModel } from '../../src/check/check-model.ts';
import type { ModelCheck } from '../../src/check/model-check.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import type { ConversionSpec } from '../../src/models/convert/spec.ts';
import type { GoldenRows } from '../../src/models/golden.ts';
import type { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';
import { resolveImageModel } from '../../src/models/registry.ts';
import { channelMeans, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';
import { FIXTURES as WEIGHTS } from '../models/convert/reference.ts';
import { EXPECTED, goldenOf } from './golden-rows.ts';

type Build = (graph: GraphBuilder, input: string) => void;

interface Asked {
  readonly batchSizes?: readonly number[];
  readonly golden?: GoldenRows;
}

async function checkOf(path: string, { batchSizes = [1], golden }: Asked = {}): Promise<ModelCheck> {
  const files = await resolveImageModel(path);
  return checkModel(files, { device: 'cpu', threads: 1, batchSizes, golden });
}

async function checkOfGraph(
  t: ExecutionContext,
  build: Build,
  batchSizes?: readonly number[],
): Promise<ModelCheck> {
  const path = await writeOddModel(await temporaryFolder(t), { build });
  return checkOf(path, batchSizes ? { batchSizes } : {});
}

async function converted(
  t: ExecutionContext,
  name: string,
  spec: Partial<ConversionSpec> = {},
): Promise<string> {
  const folder = join(await temporaryFolder(t), name);
  await convertWeights(join(WEIGHTS, name), { name, ...spec }, folder);
  return folder;
}

async function editManifest(folder: string, changes: Record<string, unknown>): Promise<void> {
  const path = join(folder, 'model.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...manifest, ...changes }));
}

function scalar(graph: GraphBuilder, value: number): string {
  const content = new Uint8Array(Float32Array.of(value).buffer);
  return graph.initializer({ elementType: ElementType.float32, dimensions: [1], content });
}

test('a sound encoder is told by dimension and norms, and by speed and memory in batches of each size', async (t) => {
  const check = await checkOfGraph(t, channelMeans, [1, 3]);
  t.deepEqual(
    check.batches.map(({ batchSize, batchInvariant }) => [batchSize, batchInvariant]),
    [
      [1, true],
      [3, true],
    ],
  );
  t.true(check.batches.every(({ imagesPerSecond }) => imagesPerSecond > 0));
  // Node alone has more than that, and this model needs next to nothing.
  t.true(check.batches.every(({ peakMemoryBytes }) => peakMemoryBytes > 20e6 && peakMemoryBytes < 1e9));
  t.deepEqual([check.dimension, check.rows, check.provider, check.golden], [3, 'embedding', 'cpu', null]);
  // Means of colours are between 0 and 1.
  t.true(check.norms.least > 0 && check.norms.greatest < Math.sqrt(3));
  t.deepEqual(check.problems, []);
});

test('an encoder that does not look at its pictures, and one that makes nothing of them, are found out', async (t) => {
  const times =
    (factor: number, addend: number): Build =>
    (graph, input) => {
      channelMeans(graph, input, 'means');
      const scaled = graph.node('Mul', ['means', scalar(graph, factor)]);
      graph.node('Add', [scaled, scalar(graph, addend)], {}, 'embedding');
    };
  t.deepEqual((await checkOfGraph(t, times(0, 1))).problems, ['Different pictures have the same embedding.']);
  t.regex((await checkOfGraph(t, times(0, 0))).problems[0] ?? '', /no direction/);
});

test('an encoder whose float16 overflows for some pictures alone is found out, and the pictures are named', async (t) => {
  const { problems, unsound } = await checkOfGraph(t, (graph, input) => {
    channelMeans(graph, input, 'means');
    // float16 ends at 65504: a mean of 0.94 is too much.
    const large = graph.node('Mul', ['means', scalar(graph, 70_000)]);
    const half = graph.node('Cast', [large], { to: { int: ElementType.float16 } });
    graph.node('Cast', [half], { to: { int: ElementType.float32 } }, 'embedding');
  });
  t.deepEqual(unsound, ['white', 'red', 'green', 'blue']);
  t.is(problems.length, 1);
  t.regex(problems[0]!, /embeddings that are not finite for some pictures: white, red, green, blue\./);
});

test('an encoder whose embeddings depend on their neighbours is found out', async (t) => {
  const { problems } = await checkOfGraph(
    t,
    (graph, input) => {
      channelMeans(graph, input, 'means');
      const [mean] = graph.nodeOutputs('ReduceMean', ['means'], { axes: { ints: [0] } }, 1);
      graph.node('Sub', ['means', mean!], {}, 'embedding');
    },
    [4],
  );
  t.true(problems.some((problem) => /batches of 4 .* depends on its neighbours/.test(problem)));
});

test('converted weights give the golden rows of torch', async (t) => {
  for (const name of ['dinov2', 'siglip-classifier']) {
    const folder = await converted(t, name, { golden: goldenOf(EXPECTED.rows[name]!) });
    const { golden, problems } = await checkOf(folder);
    t.deepEqual(problems, [], name);
    t.true((golden?.difference ?? 1) < 1e-5, `${name}: ${golden?.difference}`);
  }
});

test('fused and float16 models are held to their own plain way, and to the golden rows', async (t) => {
  const golden = goldenOf(EXPECTED.rows['clip none']!);
  const fused = await converted(t, 'clip', { operators: 'fused', precision: 'float16', golden });
  const { problems, tolerance, activation } = await checkOf(fused);
  t.deepEqual(problems, []);
  t.is(activation, 'quick_gelu');
  t.true(tolerance > 1e-2);
});

test('a wrong activation is told by name, and not taken for another one that is nearly the same', async (t) => {
  const exact = await checkOf(await converted(t, 'clip'), {
    golden: goldenOf(EXPECTED.rows['clip gelu_tanh']!),
  });
  t.regex(
    exact.problems.join('\n'),
    /with gelu_tanh in its MLPs: most likely it was trained so\. Convert or export it anew/,
  );
});

test('a mean and std that are not those of the golden rows are told', async (t) => {
  const folder = await converted(t, 'clip', { golden: goldenOf(EXPECTED.rows['clip none']!) });
  await editManifest(folder, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
  t.regex(
    (await checkOf(folder)).problems.join('\n'),
    /with CLIP's mean and std: most likely it was trained so\. Correct its manifest\./,
  );
});

test('a model of BGR pictures is told by name, with the mean and std of each colour too', async (t) => {
  const folder = await converted(t, 'clip');
  for (const [rows, words] of [
    [
      'clip bgr',
      /with red and blue exchanged: most likely it was trained so\. Export it for pictures in RGB\./,
    ],
    [
      'clip bgr_by_colour',
      /exchanged, each with its own mean and std: most likely .* Export it for pictures in RGB\./,
    ],
  ] as const) {
    const { problems } = await checkOf(folder, { golden: goldenOf(EXPECTED.rows[rows]!) });
    t.regex(problems.join('\n'), words);
  }
});
