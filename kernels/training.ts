// Dense layers while they are trained: products of rows and weights, and steps of AdamW.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// All values are float32, and every sum has one order, so that results are the same to the bit everywhere. Inputs of a
// layer are a multiple of eight; rows that fill it up hold zeros there.

export { activate, drop, spreadDeltas } from './activation';

/** The sum of four lanes: (0 + 1) + (2 + 3). */
function addLanes(sum: v128): f32 {
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/** sum + a b, rounded twice. */
@inline
function addProduct(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * results[row * outputs + o] = weights[o] . row. Four outputs and two rows go together, so that what is loaded is used more than once; outputs
 * that are left over go by themselves.
 *
 * @param weights f32(outputs x inputs)
 * @param rows f32(count x inputs)
 * @param count even
 * @param inputs a multiple of eight
 */
export function forward(
  weights: usize,
  rows: usize,
  count: u32,
  inputs: u32,
  outputs: u32,
  results: usize,
): void {
  const rowBytes: usize = <usize>inputs << 2;
  let o: u32 = 0;
  for (; o + 4 <= outputs; o += 4) {
    forwardFour(weights, rows, count, rowBytes, outputs, results + (<usize>o << 2));
    weights += rowBytes << 2;
  }
  for (; o < outputs; o++) {
    forwardOne(weights, rows, count, rowBytes, outputs, results + (<usize>o << 2));
    weights += rowBytes;
  }
}

function forwardFour(
  weights: usize,
  rows: usize,
  count: u32,
  rowBytes: usize,
  outputs: u32,
  result: usize,
): void {
  const resultBytes: usize = <usize>outputs << 2;
  for (let row: u32 = 0; row < count; row += 2) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let w0 = weights;
    let w1 = w0 + rowBytes;
    let w2 = w1 + rowBytes;
    let w3 = w2 + rowBytes;
    let first = rows;
    let second = rows + rowBytes;
    for (const end = second; first < end; first += 16) {
      const a = v128.load(first);
      const b = v128.load(second);
      let w = v128.load(w0);
      a0 = addProduct(a0, w, a);
      b0 = addProduct(b0, w, b);
      w = v128.load(w1);
      a1 = addProduct(a1, w, a);
      b1 = addProduct(b1, w, b);
      w = v128.load(w2);
      a2 = addProduct(a2, w, a);
      b2 = addProduct(b2, w, b);
      w = v128.load(w3);
      a3 = addProduct(a3, w, a);
      b3 = addProduct(b3, w, b);
      second += 16;
      w0 += 16;
      w1 += 16;
      w2 += 16;
      w3 += 16;
    }
    store<f32>(result, addLanes(a0));
    store<f32>(result, addLanes(a1), 4);
    store<f32>(result, addLanes(a2), 8);
    store<f32>(result, addLanes(a3), 12);
    result += resultBytes;
    store<f32>(result, addLanes(b0));
    store<f32>(result, addLanes(b1), 4);
    store<f32>(result, addLanes(b2), 8);
    store<f32>(result, addLanes(b3), 12);
    result += resultBytes;
    rows = second;
  }
}

function forwardOne(
  weights: usize,
  rows: usize,
  count: u32,
  rowBytes: usize,
  outputs: u32,
  result: usize,
): void {
  const end = weights + rowBytes;
  for (let row: u32 = 0; row < count; row++) {
    let sum = f32x4.splat(0);
    for (let weight = weights; weight < end; weight += 16) {
      sum = addProduct(sum, v128.load(weight), v128.load(rows));
      rows += 16;
    }
    store<f32>(result, addLanes(sum));
    result += <usize>outputs << 2;
  }
}

/**
 * One step of AdamW on f32(outputs x inputs) weights, whose gradient is the sum over rows of delta x row; it is never
 * stored as a whole. Four weights:
 * m += (g - m) gain1, v = v keep2 + gain2 g g, w = w decay - size m / (sqrt(v) scale + epsilon).
 *
 * @param means f32(outputs x inputs), m; squares likewise, v
 * @param deltas f32(count x outputs), what the loss changes by with each output of each row
 * @param rates f32[7]: decay, gain1, keep2, gain2, scale, size, epsilon
 * @param room f32[count x (inputs + 4)] that is free
 */
export function update(
  weights: usize,
  means: usize,
  squares: usize,
  rows: usize,
  deltas: usize,
  count: u32,
  inputs: u32,
  outputs: u32,
  rates: usize,
  room: usize,
): void {
  const rowBytes: usize = <usize>inputs << 2;
  const deltaBytes: usize = <usize>outputs << 2;
  const fours = room;
  const columns = room + (<usize>count << 4);
  if (outputs >= 4) packColumns(rows, count, rowBytes, columns);
  let at: usize = 0;
  let o: u32 = 0;
  for (; o + 4 <= outputs; o += 4) {
    packFours(deltas + (<usize>o << 2), count, deltaBytes, fours);
    updateFour(weights + at, means + at, squares + at, columns, fours, count, rowBytes, rates);
    at += rowBytes << 2;
  }
  for (; o < outputs; o++) {
    const delta = deltas + (<usize>o << 2);
    updateOne(weights + at, means + at, squares + at, rows, delta, count, rowBytes, outputs, rates);
    at += rowBytes;
  }
}

/**
 * Eight columns of all rows together, then the next eight: rows lie so far apart that their beginnings displace each other in the processor's cache.
 */
function packColumns(rows: usize, count: u32, rowBytes: usize, packed: usize): void {
  const step: usize = <usize>count << 5;
  for (let row: u32 = 0; row < count; row++) {
    let to = packed + (<usize>row << 5);
    for (const end = rows + rowBytes; rows < end; rows += 32) {
      v128.store(to, v128.load(rows));
      v128.store(to, v128.load(rows, 16), 16);
      to += step;
    }
  }
}

/** The deltas of four outputs. */
function packFours(delta: usize, count: u32, deltaBytes: usize, packed: usize): void {
  for (const end = packed + (<usize>count << 4); packed < end; packed += 16) {
    v128.store(packed, v128.load(delta));
    delta += deltaBytes;
  }
}

function updateFour(
  weights: usize,
  means: usize,
  squares: usize,
  columns: usize,
  fours: usize,
  count: u32,
  rowBytes: usize,
  rates: usize,
): void {
  const end = fours + (<usize>count << 4);
  for (let column: usize = 0; column < rowBytes; column += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let delta = fours; delta < end; delta += 16) {
      const x0 = v128.load(columns);
      const x1 = v128.load(columns, 16);
      let d = v128.load32_splat(delta);
      a0 = addProduct(a0, d, x0);
      a1 = addProduct(a1, d, x1);
      d = v128.load32_splat(delta, 4);
      b0 = addProduct(b0, d, x0);
      b1 = addProduct(b1, d, x1);
      d = v128.load32_splat(delta, 8);
      c0 = addProduct(c0, d, x0);
      c1 = addProduct(c1, d, x1);
      d = v128.load32_splat(delta, 12);
      d0 = addProduct(d0, d, x0);
      d1 = addProduct(d1, d, x1);
      columns += 32;
    }
    let at = column;
    adamSteps(weights + at, means + at, squares + at, a0, a1, rates);
    at += rowBytes;
    adamSteps(weights + at, means + at, squares + at, b0, b1, rates);
    at += rowBytes;
    adamSteps(weights + at, means + at, squares + at, c0, c1, rates);
    at += rowBytes;
    adamSteps(weights + at, means + at, squares + at, d0, d1, rates);
  }
}

function updateOne(
  weights: usize,
  means: usize,
  squares: usize,
  rows: usize,
  deltas: usize,
  count: u32,
  rowBytes: usize,
  outputs: u32,
  rates: usize,
): void {
  const deltaBytes: usize = <usize>outputs << 2;
  const lastDelta = deltas + <usize>count * deltaBytes;
  for (let column: usize = 0; column < rowBytes; column += 16) {
    let gradient = f32x4.splat(0);
    let row = rows + column;
    for (let delta = deltas; delta < lastDelta; delta += deltaBytes) {
      gradient = addProduct(gradient, v128.load32_splat(delta), v128.load(row));
      row += rowBytes;
    }
    adamStep(weights + column, means + column, squares + column, gradient, rates);
  }
}

@inline
function adamSteps(weight: usize, mean: usize, square: usize, g0: v128, g1: v128, rates: usize): void {
  adamStep(weight, mean, square, g0, rates);
  adamStep(weight + 16, mean + 16, square + 16, g1, rates);
}

/** AdamW's step of four weights whose gradient is known. */
@inline
function adamStep(weight: usize, mean: usize, square: usize, gradient: v128, rates: usize): void {
  const oldMean = v128.load(mean);
  const m = addProduct(oldMean, f32x4.sub(gradient, oldMean), v128.load32_splat(rates, 4));
  const v = f32x4.add(
    f32x4.mul(v128.load(square), v128.load32_splat(rates, 8)),
    f32x4.mul(v128.load32_splat(rates, 12), f32x4.mul(gradient, gradient)),
  );
  v128.store(mean, m);
  v128.store(square, v);
  const root = addProduct(v128.load32_splat(rates, 24), f32x4.sqrt(v), v128.load32_splat(rates, 16));
  const kept = f32x4.mul(v128.load(weight), v128.load32_splat(rates));
  v128.store(weight, f32x4.sub(kept, f32x4.div(f32x4.mul(v128.load32_splat(rates, 20), m), root)));
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
