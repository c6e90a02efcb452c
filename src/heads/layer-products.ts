import { GraphBuilder } from '../models/onnx/graph-builder.ts';
import type { TensorData } from '../models/onnx/messages.ts';
import { ElementType } from '../models/onnx/model-summary.ts';
import type { Layer } from './layers.ts';

/**
 * weights . row + bias of each row by onnxruntime, without the activation.
 *
 * @param rows float32(count x inputs)
 * @param target gets float32(count x outputs)
 */
export type Products = (rows: Float32Array, target: Float32Array) => Promise<void>;

const HEADER = { irVersion: 7, opset: 13, description: 'a layer of a head' } as const;
const OPTIONS = {
  intraOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  // Its kernels for the newest ARM processors take all inputs as one sum, and have the greatest number for infinity.
  extra: { mlas: { disable_kleidiai: '1' } },
} as const;

/** The first output of a graph, which onnxruntime-node refuses to hand on; and the one that counts. */
const [REFUSED, PRODUCTS] = ['refused', 'products'];
/** What it says then (js/node/src/tensor_helper.cc). */
const REFUSAL = 'Non tensor type is temporarily not supported.';

/**
 * A layer as a session of its own, which neither copies nor allocates anything for a run.
 *
 * onnxruntime-node writes an output into the array that it is given, but then copies it into a new one as well: as many bytes again, in
 * pages that the system often has to give anew. It hands on one output after the other, and the first one here is a list, which it does
 * not take, so that it ends before it copies. A version that takes lists would copy again; one that says it otherwise is not used.
 *
 * @throws Error where onnxruntime cannot make it
 */
export async function openLayerProducts(layer: Layer): Promise<Products> {
  const { InferenceSession, Tensor } = await import('../embed/onnxruntime.ts');
  const session = await InferenceSession.create(graphOf(layer), OPTIONS);
  const tensorOf = (data: Float32Array, width: number) =>
    new Tensor('float32', data, [data.length / width, width]);
  return async (rows, target) => {
    const feeds = { rows: tensorOf(rows, layer.inputs) };
    const fetches = { [REFUSED]: null, [PRODUCTS]: tensorOf(target, layer.outputs) };
    await session.run(feeds, fetches).catch((error: Error) => {
      if (error.message !== REFUSAL) throw error;
    });
  };
}

function graphOf({ inputs, outputs, weights, bias }: Layer): Uint8Array {
  const graph = new GraphBuilder('layer');
  const rows = graph.input('rows', ElementType.float32, ['n', inputs]);
  graph.node('SequenceEmpty', [], {}, REFUSED);
  graph.sequenceOutput(REFUSED, ElementType.float32);
  const tensors = [
    graph.initializer(singles(weights, [outputs, inputs])),
    graph.initializer(singles(bias, [outputs])),
  ];
  graph.node('Gemm', [rows, ...tensors], { transB: { int: 1 } }, PRODUCTS);
  graph.output(PRODUCTS, ElementType.float32, ['n', outputs]);
  return Buffer.concat(graph.toModel(HEADER));
}

function singles(values: Float64Array, dimensions: readonly number[]): TensorData {
  const content = new Uint8Array(Float32Array.from(values).buffer);
  return { elementType: ElementType.float32, dimensions, content };
}
