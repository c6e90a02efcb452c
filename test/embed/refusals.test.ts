import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { writeVitModel } from '../../scripts/make-vit-model.ts';
import { createEncoder } from '../../src/embed/encoder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { channelMeans, SMALL_SIZE, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';

const SHAPE = { imageSize: 16, patchSize: 8, width: 8, layers: 1, heads: 2, dimension: 4 };

test('a device that is not there is refused, saying what to install', async (t) => {
  const files = await resolveEncoder(await writeOddModel(await temporaryFolder(t)));
  const options = { files, batchSize: 2, threads: 1 } as const;
  const auto = await createEncoder({ ...options, device: 'auto' });
  t.teardown(() => auto.stop());
  if (auto.provider !== 'cpu') {
    t.log('this machine has CUDA');
    return t.pass();
  }
  for (const device of ['cuda', 'tensorrt', 'webgpu'] as const) {
    const error = await t.throwsAsync(createEncoder({ ...options, device }), {
      code: 'BB_DEVICE_UNAVAILABLE',
    });
    t.regex(error?.message ?? '', /docs\/gpu\.md/);
    t.true(error?.message.includes(device));
  }
  return undefined;
});

const REFUSED: readonly [what: string, write: (folder: string) => Promise<string>, message: RegExp][] = [
  [
    'a model whose dimension is not the manifest’s',
    (folder) => writeOddModel(folder, {}, { dimension: 4 }),
    /\[n, 3\].*\[batch, 4\]/,
  ],
  [
    'a model that takes its channels last',
    (folder) => writeOddModel(folder, { inputShape: ['n', SMALL_SIZE, SMALL_SIZE, 3] }),
    /is \[n, 8, 8, 3\]; \[batch, 3, 8, 8\] is needed/,
  ],
  [
    'a model of integers',
    (folder) => writeOddModel(folder, { inputType: ElementType.uint8 }),
    /element type 2, not a float type/,
  ],
  [
    'a model that needs more than the image',
    (folder) =>
      writeOddModel(
        folder,
        {
          build: (graph, input) => {
            graph.input('input_ids', ElementType.int64, ['n', 77]);
            channelMeans(graph, input);
          },
        },
        { input: 'image' },
      ),
    /also needs input_ids/,
  ],
  [
    'a model with several outputs of which none is named',
    (folder) =>
      writeOddModel(folder, {
        build: (graph, input) => {
          channelMeans(graph, input);
          graph.output('more', ElementType.float32, ['n', 3]);
          graph.node('Identity', ['embedding'], {}, 'more');
        },
      }),
    /several outputs: more, embedding.*"output": "more"/,
  ],
  [
    'a manifest that names an output that is not there',
    (folder) => writeOddModel(folder, {}, { output: 'pooler' }),
    /names the output "pooler", but the outputs are: embedding/,
  ],
  ['a model of an old opset', (folder) => writeOddModel(folder, { opset: 7 }), /uses opset 7/],
  ['a model of an old IR version', (folder) => writeOddModel(folder, { irVersion: 2 }), /IR version is 2/],
  [
    'a model of an opset from the future',
    (folder) => writeOddModel(folder, { opset: 999 }),
    /onnxruntime refuses it/,
  ],
  [
    'a model with an operator that does not exist',
    (folder) =>
      writeOddModel(folder, {
        build: (graph, input) => void graph.node('Nonesuch', [input], {}, 'embedding'),
      }),
    /onnxruntime refuses it: .*Nonesuch/,
  ],
  [
    'a model whose rows turn out longer than they were declared',
    (folder) =>
      writeOddModel(folder, {
        outputShape: ['n', 'd'],
        build: (graph, input) => void graph.node('Flatten', [input], { axis: { int: 1 } }, 'embedding'),
      }),
    /\[4, 192\] where \[4, 3\] was expected|onnxruntime refuses it/,
  ],
  [
    'a model of which no finite number comes',
    (folder) =>
      writeOddModel(folder, {
        build: (graph, input) => {
          channelMeans(graph, input, 'means');
          // e to the power of at least 1 is no cosine.
          graph.node('Acos', [graph.node('Exp', [graph.node('Exp', ['means'])])], {}, 'embedding');
        },
      }),
    /gives no finite number/,
  ],
];

for (const [what, write, message] of REFUSED) {
  test(`${what} is refused`, async (t) => {
    const path = await write(await temporaryFolder(t));
    const files = await resolveEncoder(path);
    const error = await t.throwsAsync(createEncoder({ files, device: 'cpu', batchSize: 4, threads: 1 }), {
      code: 'BB_MODEL_GRAPH',
    });
    t.regex(error?.message ?? '', message);
    t.true(error?.message.includes(path));
  });
}

test('a cut model file is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeVitModel(folder, { shape: SHAPE });
  const files = await resolveEncoder(path);
  writeFileSync(path, readFileSync(path).subarray(0, 5000));
  await t.throwsAsync(createEncoder({ files, device: 'cpu', batchSize: 1, threads: 1 }), {
    code: 'BB_MODEL_GRAPH',
    message: /cannot be read as ONNX/,
  });
});
