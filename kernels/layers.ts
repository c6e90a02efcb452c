// Dense layers of a head: products of rows and weights in float64, and what follows a layer.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// Every sum has one order, so that scores are the same to the bit everywhere: from the bias on, the sums of BLOCK products each are
// added one after the other, and within such a sum, which starts from zero, the products. It is the order of onnxruntime's Gemm
// (MLAS, dgemm.cpp: MLAS_DGEMM_STRIDEK) for layers of more than 32 outputs.

const BLOCK: u32 = 128;

/** 2^24 + 1: Veltkamp's splitter, which leaves 53 - 24 = 29 bits (Dekker 1971, "A floating-point technique for extending the available precision"). */
const SPLITTER: f64 = 16777217.0;

// fdlibm's e_exp.c: ln 2 in two parts, and the coefficients of its rational approximation.
const INVERSE_LN2: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 6.93147180369123816490e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const P1: f64 = 1.66666666666666019037e-1;
const P2: f64 = -2.77777777770155933842e-3;
const P3: f64 = 6.61375632143793436117e-5;
const P4: f64 = -1.65339022054652515390e-6;
const P5: f64 = 4.13813679705723846039e-8;
/** Beyond it e^x is not a normal number; the logistic function is 0 or 1 there, to 300 digits. */
const MOST_EXPONENT: f64 = 708.0;
/** 1.5 x 2^52: added to a whole number, it leaves that in the lowest bits. */
const WHOLE: f64 = 6755399441055744.0;

@inline
function addProduct(sum: v128, a: v128, b: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, b));
}

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

/** values = max(values, 0); NaN stays. @param count even */
export function relu(values: usize, count: u32): void {
  const zero = f64x2.splat(0);
  for (const end = values + (<usize>count << 3); values < end; values += 16)
    v128.store(values, f64x2.max(v128.load(values), zero));
}

/** values = values / (1 + e^-values); NaN stays. @param count even */
export function silu(values: usize, count: u32): void {
  const one = f64x2.splat(1);
  for (const end = values + (<usize>count << 3); values < end; values += 16) {
    const x = v128.load(values);
    v128.store(values, f64x2.div(x, f64x2.add(one, exponential(f64x2.neg(x)))));
  }
}

/** e^x as fdlibm's e_exp.c has it, for x between -MOST_EXPONENT and MOST_EXPONENT; what lies beyond is taken for these. */
@inline
function exponential(value: v128): v128 {
  const x = f64x2.max(f64x2.min(value, f64x2.splat(MOST_EXPONENT)), f64x2.splat(-MOST_EXPONENT));
  const power = f64x2.nearest(f64x2.mul(x, f64x2.splat(INVERSE_LN2)));
  const high = f64x2.sub(x, f64x2.mul(power, f64x2.splat(LN2_HIGH)));
  const low = f64x2.mul(power, f64x2.splat(LN2_LOW));
  const r = f64x2.sub(high, low);
  const square = f64x2.mul(r, r);
  let series = addProduct(f64x2.splat(P4), square, f64x2.splat(P5));
  series = addProduct(f64x2.splat(P3), square, series);
  series = addProduct(f64x2.splat(P2), square, series);
  series = addProduct(f64x2.splat(P1), square, series);
  const c = f64x2.sub(r, f64x2.mul(square, series));
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2), c));
  const fraction = f64x2.sub(f64x2.splat(1), f64x2.sub(f64x2.sub(low, quotient), high));
  const exponent = i64x2.add(f64x2.add(power, f64x2.splat(WHOLE)), i64x2.splat(1023));
  return f64x2.mul(fraction, i64x2.shl(exponent, 52));
}

/**
 * Rounds values to 29 bits: their products with float32 weights are exact in float64 then, so that a sum is the same whether a
 * processor rounds each product or fuses it with the addition. @param count even
 */
export function shorten(values: usize, count: u32): void {
  const splitter = f64x2.splat(SPLITTER);
  for (const end = values + (<usize>count << 3); values < end; values += 16) {
    const value = v128.load(values);
    const product = f64x2.mul(value, splitter);
    v128.store(values, f64x2.sub(product, f64x2.sub(product, value)));
  }
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
