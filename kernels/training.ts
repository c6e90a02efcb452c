// Dense layers while they are trained: products of rows and weights, and steps of AdamW.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// All values are float32, and every sum has one order, so that results are the same to the bit everywhere. Inputs of a
// layer are a multiple of eight; rows that fill it up hold zeros there.

function addLanes(sum: v128): f32 {
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/**
 * results[row * outputs + o] = weights[o] . row, two rows at a time.
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
  const resultBytes: usize = <usize>outputs << 2;
  for (let o: u32 = 0; o < outputs; o++) {
    const end = weights + rowBytes;
    let first = rows;
    let result = results + (<usize>o << 2);
    for (let row: u32 = 0; row < count; row += 2) {
      let second = first + rowBytes;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let b0 = a0;
      let b1 = a0;
      for (let weight = weights; weight < end; weight += 32) {
        const w0 = v128.load(weight);
        const w1 = v128.load(weight, 16);
        a0 = f32x4.add(a0, f32x4.mul(w0, v128.load(first)));
        a1 = f32x4.add(a1, f32x4.mul(w1, v128.load(first, 16)));
        b0 = f32x4.add(b0, f32x4.mul(w0, v128.load(second)));
        b1 = f32x4.add(b1, f32x4.mul(w1, v128.load(second, 16)));
        first += 32;
        second += 32;
      }
      store<f32>(result, addLanes(f32x4.add(a0, a1)));
      store<f32>(result + resultBytes, addLanes(f32x4.add(b0, b1)));
      result += resultBytes << 1;
      first += rowBytes;
    }
    weights = end;
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
): void {
  const decay = v128.load32_splat(rates);
  const gain1 = v128.load32_splat(rates, 4);
  const keep2 = v128.load32_splat(rates, 8);
  const gain2 = v128.load32_splat(rates, 12);
  const scale = v128.load32_splat(rates, 16);
  const size = v128.load32_splat(rates, 20);
  const epsilon = v128.load32_splat(rates, 24);
  const rowBytes: usize = <usize>inputs << 2;
  const deltaBytes: usize = <usize>outputs << 2;
  const lastDelta: usize = <usize>count * deltaBytes;
  for (let o: u32 = 0; o < outputs; o++) {
    for (let at: usize = 0; at < rowBytes; at += 32) {
      let g0 = f32x4.splat(0);
      let g1 = g0;
      let row = rows + at;
      for (let delta: usize = 0; delta < lastDelta; delta += deltaBytes) {
        const d = v128.load32_splat(deltas + delta);
        g0 = f32x4.add(g0, f32x4.mul(d, v128.load(row)));
        g1 = f32x4.add(g1, f32x4.mul(d, v128.load(row, 16)));
        row += rowBytes;
      }
      const oldMean0 = v128.load(means);
      const oldMean1 = v128.load(means, 16);
      const m0 = f32x4.add(oldMean0, f32x4.mul(f32x4.sub(g0, oldMean0), gain1));
      const m1 = f32x4.add(oldMean1, f32x4.mul(f32x4.sub(g1, oldMean1), gain1));
      const v0 = f32x4.add(f32x4.mul(v128.load(squares), keep2), f32x4.mul(gain2, f32x4.mul(g0, g0)));
      const v1 = f32x4.add(f32x4.mul(v128.load(squares, 16), keep2), f32x4.mul(gain2, f32x4.mul(g1, g1)));
      v128.store(means, m0);
      v128.store(means, m1, 16);
      v128.store(squares, v0);
      v128.store(squares, v1, 16);
      const root0 = f32x4.add(f32x4.mul(f32x4.sqrt(v0), scale), epsilon);
      const root1 = f32x4.add(f32x4.mul(f32x4.sqrt(v1), scale), epsilon);
      const w0 = f32x4.mul(v128.load(weights), decay);
      const w1 = f32x4.mul(v128.load(weights, 16), decay);
      v128.store(weights, f32x4.sub(w0, f32x4.div(f32x4.mul(size, m0), root0)));
      v128.store(weights, f32x4.sub(w1, f32x4.div(f32x4.mul(size, m1), root1)), 16);
      weights += 32;
      means += 32;
      squares += 32;
    }
    deltas += 4;
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
