import { openLayerProducts, type Products } from './layer-products.ts';
import { BLOCK_ROWS, LayerStack, padded } from './layer-stack.ts';
import type { Layer } from './layers.ts';
import { GROUP } from './single-layers.ts';

/** The most rows at a time. */
export const MOST_ROWS = 8 * BLOCK_ROWS;
/** Sizes of the two batches that sessions are tried with: more rows than any kernel of onnxruntime takes together, which are 12, and the fewest. */
const TRIED_ROWS = [16, GROUP] as const;
/** The largest noise, so that it stays finite in float32. */
const MOST_SCALE = 2 ** 100;

/** Products of a head's layers in float32 by onnxruntime, in the memory of their `LayerStack`: nothing is copied or allocated for a run. */
export interface WideProducts {
  /** Of the last of these layers. */
  readonly outputs: number;
  /**
   * @param rows float32(count x dimension)
   * @param count at most MOST_ROWS
   * @returns where the stack has the last layer's products then, f32(count x outputs), of the bits that it would give; until the next run
   */
  run(rows: Float32Array, count: number): Promise<number>;
}

/**
 * The layers in float32 by onnxruntime, with the same bits as by `LayerStack`, many times as fast. undefined where there are none, or
 * where it gives other bits on this machine: it is tried with seeded noise.
 *
 * That the bits are the same is no chance: its kernels for x86-64 (with AVX2 or AVX-512) and for ARM add each product with one rounding, and
 * in one order.
 *
 * @param stack of all layers
 */
export async function openWideProducts(
  layers: readonly Layer[],
  stack: LayerStack,
): Promise<WideProducts | undefined> {
  const wide = layers.slice(0, stack.singles);
  if (wide.length === 0) return undefined;
  const productsOf = await Promise.all(wide.map(openLayerProducts)).catch(() => undefined);
  if (!productsOf) return undefined;
  const places = roomFor(wide, stack);
  const products: WideProducts = {
    outputs: wide.at(-1)!.outputs,
    run: async (rows, count) => {
      stack.view(places[0], rows.length).set(rows);
      // Whole groups: one row alone has kernels of its own, which may add up otherwise. What lies behind the rows counts for nothing.
      const taken = padded(count);
      for (const [i, { inputs, outputs }] of wide.entries()) {
        if (i > 0) stack.activate(i - 1, places[i % 2]!, count);
        const from = stack.view(places[i % 2]!, taken * inputs);
        await productsOf[i]!(from, stack.view(places[(i + 1) % 2]!, taken * outputs));
      }
      return places[wide.length % 2]!;
    },
  };
  for (const [i, layer] of wide.entries())
    if (!(await givesTheSameBits(productsOf[i]!, layer).catch(() => false))) return undefined;
  return products;
}

/** Two places: what goes into a layer lies in the one, and what comes out in the other. */
function roomFor(layers: readonly Layer[], stack: LayerStack): readonly [number, number] {
  const sizes = [layers[0]!.inputs, ...layers.map(({ outputs }) => outputs)];
  const widest = (place: number) => Math.max(...sizes.filter((_, i) => i % 2 === place));
  return [stack.addRoom(MOST_ROWS * widest(0)), stack.addRoom(MOST_ROWS * widest(1))];
}

/** Whether products of a layer are those of the kernel, for noise that is large enough for its bias not to hide the last bits of them. */
async function givesTheSameBits(productsOf: Products, layer: Layer): Promise<boolean> {
  const own = new LayerStack([{ ...layer, activation: 'none' }]);
  const { inputs, outputs } = layer;
  const scale = meanSize(layer.bias) / (meanSize(layer.weights) || 1);
  const noise = seededNoise(Math.max(...TRIED_ROWS) * inputs, Math.min(Math.max(1, scale), MOST_SCALE));
  noise[0] = Number.NaN;
  noise[3 * inputs] = Number.POSITIVE_INFINITY;
  for (const count of TRIED_ROWS) {
    const rows = noise.subarray(noise.length - count * inputs);
    const found = new Float32Array(count * outputs);
    await productsOf(rows, found);
    const { values } = own.run(rows, count);
    if (found.some((value, i) => !Object.is(value, values[i]))) return false;
  }
  return true;
}

function meanSize(values: Float64Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
}

/** Numbers from -scale/2 to scale/2 (Numerical Recipes' linear congruential generator). */
function seededNoise(length: number, scale: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return scale * (state / 2 ** 32 - 0.5);
  });
}
