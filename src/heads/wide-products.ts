import { GraphBuilder } from '../models/onnx/graph-builder.ts';
import type { TensorData } from '../models/onnx/messages.ts';
import { ElementType } from '../models/onnx/model-summary.ts';
import { BLOCK_ROWS, GROUP, LayerStack } from './layer-stack.ts';
import type { Layer } from './layers.ts';

/** onnxruntime sums the products of layers up to this width in longer blocks than kernels/layers.ts does (MLAS, dgemm.cpp: StrideN). */
const MOST_NARROW_OUTPUTS = 32;
/** float32 values and weights of so many layers can neither leave the range of float64 nor come to its subnormal numbers. */
const MOST_LAYERS = 5;
/** Veltkamp's splitter of kernels/layers.ts. */
const SPLITTER = 2 ** 24 + 1;
/** Sizes of the two batches that a session is tried with: whole groups of rows, and what is left of one. */
const TRIED_ROWS = [BLOCK_ROWS, 7] as const;

const HEADER = { irVersion: 7, opset: 13, description: 'the wide layers of a head' } as const;

/** Products of a head's first layers by onnxruntime. */
export interface WideProducts {
  /** How many layers it computes; of the last of them without its activation. */
  readonly layers: number;
  /** Of the last of them; whole groups, so that products lie as the kernel has them. */
  readonly outputs: number;
  /**
   * @param rows float32(count x dimension), all of them finite
   * @param target begins with float64(count x outputs), which get the bits that `LayerStack` gives
   */
  run(rows: Float32Array, count: number, target: Float64Array): Promise<void>;
}

/**
 * The first layers of a network whose products onnxruntime computes with the same bits as `LayerStack`, several times as fast. undefined
 * where there are none, or where it gives other bits on this machine: it is tried with seeded noise.
 *
 * That the bits are the same is no chance. The products are exact in float64 (float32 weights, and values of at most 29 bits), so
 * that a fused multiplication rounds as two steps do, and the order of the sums is the same.
 */
export async function openWideProducts(layers: readonly Layer[]): Promise<WideProducts | undefined> {
  const wide = wideLayers(layers);
  if (wide.length === 0) return undefined;
  const { InferenceSession, Tensor } = await import('../embed/onnxruntime.ts');
  const session = await InferenceSession.create(graphOf(wide), {
    intraOpNumThreads: 1,
    executionMode: 'sequential',
  }).catch(() => undefined);
  if (!session) return undefined;
  const { inputs } = wide[0]!;
  const { outputs } = wide.at(-1)!;
  const products: WideProducts = {
    layers: wide.length,
    outputs,
    run: async (rows, count, target) => {
      const feeds = { rows: new Tensor('float32', rows, [count, inputs]) };
      await session.run(feeds, {
        values: new Tensor('float64', target.subarray(0, count * outputs), [count, outputs]),
      });
    },
  };
  return (await givesTheSameBits(products, wide)) ? products : undefined;
}

/** Wide layers at the beginning with nothing but ReLU between them, and weights that are float32. */
function wideLayers(layers: readonly Layer[]): Layer[] {
  const wide: Layer[] = [];
  for (const layer of layers.slice(0, MOST_LAYERS)) {
    const isWide = layer.outputs > MOST_NARROW_OUTPUTS && layer.outputs % GROUP === 0;
    const fits = isWide && areSingles(layer.weights) && areSingles(layer.bias);
    if (!fits) break;
    wide.push(layer);
    if (layer.activation === 'silu') break;
  }
  return wide;
}

function areSingles(values: Float64Array): boolean {
  return values.every((value) => Math.fround(value) === value);
}

function graphOf(layers: readonly Layer[]): Uint8Array {
  const graph = new GraphBuilder('layers');
  const rows = graph.input('rows', ElementType.float32, ['n', layers[0]!.inputs]);
  let values = graph.node('Cast', [rows], { to: { int: ElementType.float64 } });
  for (const [i, { inputs, outputs, weights, bias, activation }] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const tensors = [
      graph.initializer(doubleTensor(weights, [outputs, inputs])),
      graph.initializer(doubleTensor(bias, [outputs])),
    ];
    const product = graph.node(
      'Gemm',
      [values, ...tensors],
      { transB: { int: 1 } },
      isLast ? 'values' : undefined,
    );
    if (!isLast) values = shortened(graph, activation === 'relu' ? graph.node('Relu', [product]) : product);
  }
  graph.output('values', ElementType.float64, ['n', layers.at(-1)!.outputs]);
  return Buffer.concat(graph.toModel(HEADER));
}

/** As `shorten` in kernels/layers.ts. */
function shortened(graph: GraphBuilder, values: string): string {
  const splitter = graph.initializer(doubleTensor(Float64Array.of(SPLITTER), []));
  const product = graph.node('Mul', [values, splitter]);
  return graph.node('Sub', [product, graph.node('Sub', [product, values])]);
}

function doubleTensor(values: Float64Array, dimensions: readonly number[]): TensorData {
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { elementType: ElementType.float64, dimensions, content };
}

async function givesTheSameBits(products: WideProducts, layers: readonly Layer[]): Promise<boolean> {
  const last = layers.length - 1;
  // The last layer's activation is not in the graph.
  const stack = new LayerStack([...layers.slice(0, last), { ...layers[last]!, activation: 'none' }], true);
  const { inputs } = layers[0]!;
  const { outputs } = layers[last]!;
  const noise = seededNoise(BLOCK_ROWS * inputs);
  for (const count of TRIED_ROWS) {
    const rows = noise.subarray(noise.length - count * inputs);
    stack.rows(count).set(rows);
    const { values } = stack.run(count);
    const found = new Float64Array(count * outputs);
    await products.run(rows, count, found);
    if (found.some((value, i) => !Object.is(value, values[i]))) return false;
  }
  return true;
}

/** Numbers from -1/2 to 1/2 (Numerical Recipes' linear congruential generator). */
function seededNoise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
