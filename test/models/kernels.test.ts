import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { floatTensor } from '../../src/models/onnx/messages.ts';
import { GRAPH_FIELDS, MODEL_FIELDS, summarizeModel } from '../../src/models/onnx/model-summary.ts';
import { OnnxFile } from '../../src/models/onnx/onnx-file.ts';
import { lengthField } from '../../src/models/onnx/protobuf-writer.ts';

async function mostKernels(t: ExecutionContext, model: Uint8Array): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-kernels-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'model.onnx'), model);
  const file = new OnnxFile(join(folder, 'model.onnx'));
  t.teardown(() => file.close());
  return summarizeModel(file).mostKernels;
}

/** A model with weights of these shapes, every second one as a node. */
function modelWith(shapes: readonly (readonly number[])[]): Uint8Array {
  const graph = new GraphBuilder('weights');
  for (const [i, shape] of shapes.entries()) {
    const tensor = floatTensor(
      new Array<number>(shape.reduce((size, side) => size * side, 1)).fill(0),
      shape,
    );
    if (i % 2 === 0) graph.initializer(tensor);
    else graph.node('Constant', [], { value: { tensor } });
  }
  return Buffer.concat(graph.toModel({ irVersion: 9, opset: 20, description: '' }));
}

test('the most channels that a convolution can give are read from its weights, wherever they stand', async (t) => {
  t.is(await mostKernels(t, modelWith([])), 0);
  t.is(
    await mostKernels(
      t,
      modelWith([
        [512, 3],
        [9, 3, 3],
      ]),
    ),
    0,
  );
  t.is(
    await mostKernels(
      t,
      modelWith([
        [4, 1, 3, 3],
        [1, 3, 1, 1],
      ]),
    ),
    4,
  );
  t.is(
    await mostKernels(
      t,
      modelWith([
        [4, 1, 3, 3],
        [64, 3, 1, 1],
      ]),
    ),
    64,
  );
});

test('weights whose shape is packed into one field may give any number of channels', async (t) => {
  // TensorProto.dims, field 1, as [4, 1, 3, 3] in one field of four bytes.
  const tensor = lengthField(1, Uint8Array.of(4, 1, 3, 3));
  const graph = lengthField(GRAPH_FIELDS.initializer, tensor);
  t.is(await mostKernels(t, Buffer.concat(lengthField(MODEL_FIELDS.graph, graph))), Infinity);
});
