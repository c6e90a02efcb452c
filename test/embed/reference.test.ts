import test from 'ava';
import { startReference } from '../../src/embed/reference.ts';
import { imageModelSpec } from '../../src/embed/spec.ts';
import { readManifest } from '../../src/models/manifest.ts';
import type { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';
import {
  channelMeans,
  noiseCrops,
  SMALL_SIZE,
  temporaryFolder,
  writeOddModel,
} from '../helpers/odd-models.ts';

const MEAN = [0.1, 0.2, 0.3] as const;
const STD = [0.5, 0.25, 2] as const;
const CROPS = noiseCrops(3, SMALL_SIZE);

/** The mean of each channel after `(x / 255 - mean) / std`. */
const EXPECTED = CROPS.flatMap((crop) =>
  MEAN.map((mean, channel) => {
    const values = crop.filter((_, i) => i % 3 === channel);
    return (values.reduce((sum, value) => sum + value / 255, 0) / values.length - mean) / STD[channel]!;
  }),
);

function castMeans(graph: GraphBuilder, input: string): void {
  channelMeans(graph, input, 'means');
  graph.node('Cast', ['means'], { to: { int: ElementType.float32 } }, 'embedding');
}

const MODELS = {
  'any batch': {},
  'one batch size': { inputShape: [2, 3, SMALL_SIZE, SMALL_SIZE] },
  float16: { inputType: ElementType.float16, build: castMeans },
};

for (const [name, model] of Object.entries(MODELS))
  test(`the plain way normalises pixels itself, before a model of ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    const modelPath = await writeOddModel(folder, model);
    const spec = imageModelSpec(modelPath, await readManifest(`${folder}/manifest.json`), 'plain');
    const reference = startReference({ spec, threads: 1, timeoutMs: 600_000 });
    t.teardown(() => reference.stop());
    const rows = await reference.rows(CROPS, { mean: MEAN, std: STD });
    const off = Math.max(...EXPECTED.map((value, i) => Math.abs(value - rows[i]!)));
    t.true(off < (name === 'float16' ? 2e-2 : 1e-5), `${off}`);
    t.is(rows.length, EXPECTED.length);
  });

test('a model that onnxruntime refuses is told by its path', async (t) => {
  const folder = await temporaryFolder(t);
  const modelPath = await writeOddModel(folder, {
    build: (graph, input) => graph.node('NoSuchOperator', [input], {}, 'embedding'),
  });
  const spec = imageModelSpec(modelPath, await readManifest(`${folder}/manifest.json`), 'plain');
  const reference = startReference({ spec, threads: 1, timeoutMs: 600_000 });
  t.teardown(() => reference.stop());
  const refused = await t.throwsAsync(reference.rows(CROPS, { mean: MEAN, std: STD }), {
    code: 'BB_EMBED_FAILED',
  });
  t.true(refused!.message.includes(modelPath));
});
