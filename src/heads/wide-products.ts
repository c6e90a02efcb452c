import { openLayerProducts } from './layer-products.ts';
import { BLOCK_ROWS, GROUP, LayerStack } from './layer-stack.ts';
import type { Layer } from './layers.ts';

/** onnxruntime sums the products of layers up to this width in longer blocks than kernels/layers.ts does (MLAS, dgemm.cpp: StrideN). */
const MOST_NARROW_OUTPUTS = 32;
/** float32 values and weights of so many layers can neither leave the range of float64 nor come to its subnormal numbers. */
const MOST_LAYERS = 5;
/** The most rows at a time: onnxruntime lays the weights out anew for each such block. */
export const MOST_ROWS = 8 * BLOCK_ROWS;
/** Sizes of the two batches that sessions are tried with: whole groups of rows, and what is left of one. */
const TRIED_ROWS = [BLOCK_ROWS, 7] as const;

/** Products of a head's first layers by onnxruntime, in the memory of their `LayerStack`: nothing is copied or allocated for a run. */
export interface WideProducts {
  /** How many layers it computes; of the last of them without its activation. */
  readonly layers: number;
  /** Of the last of them; whole groups, so that products lie as the kernel has them. */
  readonly outputs: number;
  /**
   * @param rows float32(count x dimension)
   * @param count at most MOST_ROWS
   * @returns where the stack has float64(count x outputs) then, of the bits that it would give; until the next run
   */
  run(rows: Float32Array, count: number): Promise<number>;
}

/**
 * The first layers of a network whose products onnxruntime computes with the same bits as `LayerStack`, several times as fast. undefined
 * where there are none, or where it gives other bits on this machine: it is tried with seeded noise.
 *
 * That the bits are the same is no chance. The products are exact in float64 (float32 weights, and values of at most 29 bits), so
 * that a fused multiplication rounds as two steps do, and the order of the sums is the same.
 *
 * @param stack of all layers
 */
export async function openWideProducts(
  layers: readonly Layer[],
  stack: LayerStack,
): Promise<WideProducts | undefined> {
  const wide = wideLayers(layers);
  if (wide.length === 0) return undefined;
  const productsOf = await Promise.all(wide.map(openLayerProducts)).catch(() => undefined);
  if (!productsOf) return undefined;
  const places = roomFor(wide, stack);
  const products: WideProducts = {
    layers: wide.length,
    outputs: wide.at(-1)!.outputs,
    run: async (rows, count) => {
      stack.view(places[0], rows.length).set(rows);
      for (const [i, { inputs, outputs }] of wide.entries()) {
        if (i > 0) stack.activate(i - 1, places[i % 2]!, count);
        const from = stack.view(places[i % 2]!, count * inputs);
        await productsOf[i]!(from, stack.view(places[(i + 1) % 2]!, count * outputs));
      }
      return places[wide.length % 2]!;
    },
  };
  const isSame = await givesTheSameBits(products, wide, stack).catch(() => false);
  return isSame ? products : undefined;
}

/** Two places: what goes into a layer lies in the one, and what comes out in the other. */
function roomFor(layers: readonly Layer[], stack: LayerStack): readonly [number, number] {
  const sizes = [layers[0]!.inputs, ...layers.map(({ outputs }) => outputs)];
  const widest = (place: number) => Math.max(...sizes.filter((_, i) => i % 2 === place));
  return [stack.addRoom(MOST_ROWS * widest(0)), stack.addRoom(MOST_ROWS * widest(1))];
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

async function givesTheSameBits(
  products: WideProducts,
  layers: readonly Layer[],
  stack: LayerStack,
): Promise<boolean> {
  const last = layers.length - 1;
  // The last layer's activation comes after its products.
  const own = new LayerStack([...layers.slice(0, last), { ...layers[last]!, activation: 'none' }]);
  const { inputs } = layers[0]!;
  const noise = seededNoise(BLOCK_ROWS * inputs);
  noise[0] = Number.NaN;
  noise[3 * inputs] = Number.POSITIVE_INFINITY;
  for (const count of TRIED_ROWS) {
    const rows = noise.subarray(0, count * inputs);
    own.rows(count).set(rows);
    const { values } = own.run(count);
    const found = stack.view(await products.run(rows, count), count * products.outputs);
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
