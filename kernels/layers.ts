// Dense layers of a head: products of rows and weights in float64; what follows a layer is in layers/activations.ts. Those in float32 are in
// layers/single-products.ts and layers/single-activations.ts.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// Every sum has one order, so that scores are the same to the bit everywhere: from the bias on, the sums of BLOCK products each are
// added one after the other, and within such a sum, which starts from zero, the products.

import { addProduct } from './layers/add-product';

export { relu, silu } from './layers/activations';
export { singleRelu, singleSilu, widenedNone, widenedRelu, widenedSilu } from './layers/single-activations';
export { singleLayer } from './layers/single-products';

const BLOCK: u32 = 128;

@inline
function addTo(target: usize, values: v128): void {
  v128.store(target, f64x2.add(v128.load(target), values));
}

/**
 * results[row][o] = bias[o] + weights[o] . rows[row]. Four rows and four outputs go together.
 *
 * @param rows f64(count x inputs), `rowBytes` from one to the next
 * @param count a multiple of four
 * @param weights f64[outputs / 4][inputs][4]: of four outputs, those of the first input, then those of the second
 * @param bias f64[outputs]
 * @param outputs a multiple of four
 * @param results f64(count x outputs)
 */
export function layer(
  rows: usize,
  rowBytes: usize,
  count: u32,
  weights: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
  results: usize,
): void {
  const resultBytes: usize = <usize>outputs << 3;
  const panelBytes: usize = <usize>inputs << 5;
  for (let o: u32 = 0; o < outputs; o += 4) {
    let from = rows;
    let to = results + (<usize>o << 3);
    for (let row: u32 = 0; row < count; row += 4) {
      fourByFour(from, rowBytes, weights, bias + (<usize>o << 3), inputs, to, resultBytes);
      from += rowBytes << 2;
      to += resultBytes << 2;
    }
    weights += panelBytes;
  }
}

function fourByFour(
  rows: usize,
  rowBytes: usize,
  weights: usize,
  bias: usize,
  inputs: u32,
  results: usize,
  resultBytes: usize,
): void {
  const second = results + resultBytes;
  const third = second + resultBytes;
  const fourth = third + resultBytes;
  const low = v128.load(bias);
  const high = v128.load(bias, 16);
  v128.store(results, low);
  v128.store(results, high, 16);
  v128.store(second, low);
  v128.store(second, high, 16);
  v128.store(third, low);
  v128.store(third, high, 16);
  v128.store(fourth, low);
  v128.store(fourth, high, 16);
  let a = rows;
  let b = a + rowBytes;
  let c = b + rowBytes;
  let d = c + rowBytes;
  for (let done: u32 = 0; done < inputs; done += BLOCK) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (const end = a + (<usize>min(inputs - done, BLOCK) << 3); a < end; a += 8) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      let x = v128.load64_splat(a);
      a0 = addProduct(a0, x, w0);
      a1 = addProduct(a1, x, w1);
      x = v128.load64_splat(b);
      b0 = addProduct(b0, x, w0);
      b1 = addProduct(b1, x, w1);
      x = v128.load64_splat(c);
      c0 = addProduct(c0, x, w0);
      c1 = addProduct(c1, x, w1);
      x = v128.load64_splat(d);
      d0 = addProduct(d0, x, w0);
      d1 = addProduct(d1, x, w1);
      weights += 32;
      b += 8;
      c += 8;
      d += 8;
    }
    addTo(results, a0);
    addTo(results + 16, a1);
    addTo(second, b0);
    addTo(second + 16, b1);
    addTo(third, c0);
    addTo(third + 16, c1);
    addTo(fourth, d0);
    addTo(fourth + 16, d1);
  }
}

/**
 * sums[row][m] = weights[m] . values[row][m]: of each row, and each of `parts` parts of it that lie one after the other, its products
 * from zero on, one after the other. Four rows go together.
 *
 * @param values f64(count x parts x width), `rowBytes` from one row to the next
 * @param count a multiple of four
 * @param weights f64[parts][width]
 * @param sums f64(count x parts)
 */
export function partSums(
  values: usize,
  rowBytes: usize,
  count: u32,
  weights: usize,
  parts: u32,
  width: u32,
  sums: usize,
): void {
  const partBytes: usize = <usize>width << 3;
  const sumBytes: usize = <usize>parts << 3;
  for (let row: u32 = 0; row < count; row += 4) {
    let at = values;
    let weight = weights;
    let to = sums;
    for (const end = to + sumBytes; to < end; to += 8) {
      fourSums(at, rowBytes, weight, partBytes, to, sumBytes);
      at += partBytes;
      weight += partBytes;
    }
    values += rowBytes << 2;
    sums += sumBytes << 2;
  }
}

@inline
function fourSums(
  a: usize,
  rowBytes: usize,
  weights: usize,
  partBytes: usize,
  sums: usize,
  sumBytes: usize,
): void {
  let b = a + rowBytes;
  let c = b + rowBytes;
  let d = c + rowBytes;
  let low = f64x2.splat(0);
  let high = low;
  for (const end = a + partBytes; a < end; a += 8) {
    const weight = v128.load64_splat(weights);
    low = addProduct(low, v128.load64_lane(b, v128.load64_zero(a), 1), weight);
    high = addProduct(high, v128.load64_lane(d, v128.load64_zero(c), 1), weight);
    weights += 8;
    b += 8;
    c += 8;
    d += 8;
  }
  v128.store64_lane(sums, low, 0);
  v128.store64_lane(sums + sumBytes, low, 1);
  v128.store64_lane(sums + (sumBytes << 1), high, 0);
  v128.store64_lane(sums + sumBytes * 3, high, 1);
}

/** Makes sure that the memory holds `byteLength` bytes. */
export function reserve(byteLength: usize): void {
  const missing = <i32>((byteLength + 0xffff) >> 16) - memory.size();
  if (missing > 0) memory.grow(missing);
}

/** The first address that is free. */
export function heapBase(): usize {
  return __heap_base;
}
