// Dot products, lengths and sums over stored embeddings: rows of float16 or float32 without gaps, little-endian.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// Values go eight at a time. A row that is no multiple of eight is read up to 14 (float16) or 28 (float32) bytes past
// its end, and what lies there is masked out. Dot products and sums are float64.

/** Of a float16 moved up by 13: its sign and its 15 other bits, without the copies of the sign between them. */
const HALF_BITS: i32 = <i32>0x8fffe000;
/** 2^112: the difference of the exponents' biases. The product is exact, for subnormals too. */
const BIAS: f32 = 5192296858534827628530496329220096.0;
const MAGNITUDE: i16 = 0x7fff;
/** 0.25 as float16. Four values of at most that are summed exactly in float32: they are multiples of 2^-24. */
const QUARTER: i16 = 0x3400;

// Only the sizes matter: they tell the element types apart at compile time.
type Half = u16;
type Single = u32;

/** Values 0 to 3 of the eight at `address` as float32. Infinity and NaN become 65536 and more. */
function firstFour<Element>(address: usize): v128 {
  return sizeof<Element>() == sizeof<Single>() ? v128.load(address) : widenLow(v128.load(address));
}

/** Values 4 to 7, likewise. */
function lastFour<Element>(address: usize): v128 {
  return sizeof<Element>() == sizeof<Single>() ? v128.load(address, 16) : widenHigh(v128.load(address));
}

function widenLow(halves: v128): v128 {
  const bits = v128.and(i32x4.shl(i32x4.extend_low_i16x8_s(halves), 13), i32x4.splat(HALF_BITS));
  return f32x4.mul(bits, f32x4.splat(BIAS));
}

function widenHigh(halves: v128): v128 {
  const bits = v128.and(i32x4.shl(i32x4.extend_high_i16x8_s(halves), 13), i32x4.splat(HALF_BITS));
  return f32x4.mul(bits, f32x4.splat(BIAS));
}

/** Ones in the lanes below `count`, counted from `first`. */
function lanesBelow(count: u32, first: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first)), i32x4.splat(count));
}

function promoteHigh(values: v128): v128 {
  return f64x2.promote_low_f32x4(
    i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
  );
}

function addLanes(a: v128, b: v128): f64 {
  const sum = f64x2.add(a, b);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function addProducts(sum: v128, values: v128, weights: usize): v128 {
  sum = f64x2.add(sum, f64x2.mul(f64x2.promote_low_f32x4(values), v128.load(weights)));
  return f64x2.add(sum, f64x2.mul(promoteHigh(values), v128.load(weights, 16)));
}

function scoreRows<Element>(
  rows: usize,
  count: u32,
  dimension: u32,
  weights: usize,
  weightsB: usize,
  scores: usize,
  scoresB: usize,
  squares: usize,
): void {
  const step: usize = 8 * sizeof<Element>();
  const whole: usize = (dimension >> 3) * step;
  const rest = dimension & 7;
  const firstMask = lanesBelow(rest, 0);
  const lastMask = lanesBelow(rest, 4);
  const both = weightsB != 0;
  for (let row: u32 = 0; row < count; row++) {
    let value = rows;
    let weight = weights;
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    if (both) {
      const shift = weightsB - weights;
      for (const end = rows + whole; value < end; value += step) {
        const first = firstFour<Element>(value);
        const last = lastFour<Element>(value);
        s0 = f32x4.add(s0, f32x4.mul(first, first));
        s1 = f32x4.add(s1, f32x4.mul(last, last));
        const v0 = f64x2.promote_low_f32x4(first);
        const v1 = promoteHigh(first);
        const v2 = f64x2.promote_low_f32x4(last);
        const v3 = promoteHigh(last);
        const weightB = weight + shift;
        a0 = f64x2.add(a0, f64x2.mul(v0, v128.load(weight)));
        a1 = f64x2.add(a1, f64x2.mul(v1, v128.load(weight, 16)));
        b0 = f64x2.add(b0, f64x2.mul(v0, v128.load(weightB)));
        b1 = f64x2.add(b1, f64x2.mul(v1, v128.load(weightB, 16)));
        a0 = f64x2.add(a0, f64x2.mul(v2, v128.load(weight, 32)));
        a1 = f64x2.add(a1, f64x2.mul(v3, v128.load(weight, 48)));
        b0 = f64x2.add(b0, f64x2.mul(v2, v128.load(weightB, 32)));
        b1 = f64x2.add(b1, f64x2.mul(v3, v128.load(weightB, 48)));
        weight += 64;
      }
    } else {
      let a2 = a0;
      let a3 = a0;
      for (const end = rows + whole; value < end; value += step) {
        const first = firstFour<Element>(value);
        const last = lastFour<Element>(value);
        s0 = f32x4.add(s0, f32x4.mul(first, first));
        s1 = f32x4.add(s1, f32x4.mul(last, last));
        a0 = f64x2.add(a0, f64x2.mul(f64x2.promote_low_f32x4(first), v128.load(weight)));
        a1 = f64x2.add(a1, f64x2.mul(promoteHigh(first), v128.load(weight, 16)));
        a2 = f64x2.add(a2, f64x2.mul(f64x2.promote_low_f32x4(last), v128.load(weight, 32)));
        a3 = f64x2.add(a3, f64x2.mul(promoteHigh(last), v128.load(weight, 48)));
        weight += 64;
      }
      a0 = f64x2.add(a0, a2);
      a1 = f64x2.add(a1, a3);
    }
    if (rest) {
      // Without the mask, a NaN of the next row would come through: NaN times a weight of 0 is NaN.
      const first = v128.and(firstFour<Element>(value), firstMask);
      const last = v128.and(lastFour<Element>(value), lastMask);
      s0 = f32x4.add(s0, f32x4.mul(first, first));
      s1 = f32x4.add(s1, f32x4.mul(last, last));
      a0 = addProducts(a0, first, weight);
      a1 = addProducts(a1, last, weight + 32);
      if (both) {
        const weightB = weight + (weightsB - weights);
        b0 = addProducts(b0, first, weightB);
        b1 = addProducts(b1, last, weightB + 32);
      }
    }
    store<f64>(scores, addLanes(a0, a1));
    scores += 8;
    if (both) {
      store<f64>(scoresB, addLanes(b0, b1));
      scoresB += 8;
    }
    const s = f32x4.add(s0, s1);
    store<f32>(
      squares,
      f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3)),
    );
    squares += 4;
    rows += <usize>dimension * sizeof<Element>();
  }
}

/**
 * weights . row of each float16 row, for one or two sets of weights, and the row's sum of squares.
 *
 * @param weights f64, padded with zeros to a multiple of eight
 * @param weightsB likewise, or 0 for none
 * @param scores f64 for each row
 * @param squares f32 for each row
 */
export function scoreHalves(
  rows: usize,
  count: u32,
  dimension: u32,
  weights: usize,
  weightsB: usize,
  scores: usize,
  scoresB: usize,
  squares: usize,
): void {
  scoreRows<Half>(rows, count, dimension, weights, weightsB, scores, scoresB, squares);
}

/** The same over float32 rows. */
export function scoreSingles(
  rows: usize,
  count: u32,
  dimension: u32,
  weights: usize,
  weightsB: usize,
  scores: usize,
  scoresB: usize,
  squares: usize,
): void {
  scoreRows<Single>(rows, count, dimension, weights, weightsB, scores, scoresB, squares);
}

/** Adds four and four float32 values to eight float64 sums. */
function addToSums(sums: usize, first: v128, last: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(first)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(first)), 16);
  v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.promote_low_f32x4(last)), 32);
  v128.store(sums, f64x2.add(v128.load(sums, 48), promoteHigh(last)), 48);
}

function addHalves(sums: usize, halves: v128): void {
  addToSums(sums, widenLow(halves), widenHigh(halves));
}

/**
 * Adds float16 rows, four at a time, to float64 sums. All additions are exact while no sum is above 2^29.
 *
 * @param list addresses of the rows as u32, a multiple of four; a row of zeros fills it up
 * @param sums f64 for each dimension, to a multiple of eight; the sums past the last dimension are of no meaning
 */
export function sumHalves(list: usize, count: u32, dimension: u32, sums: usize): void {
  const magnitude = i16x8.splat(MAGNITUDE);
  const quarter = i16x8.splat(QUARTER);
  for (const listEnd = list + (count << 2); list < listEnd; list += 16) {
    let row0 = <usize>load<u32>(list);
    let row1 = <usize>load<u32>(list, 4);
    let row2 = <usize>load<u32>(list, 8);
    let row3 = <usize>load<u32>(list, 12);
    let sum = sums;
    for (const end = row0 + (dimension << 1); row0 < end; row0 += 16) {
      const a = v128.load(row0);
      const b = v128.load(row1);
      const c = v128.load(row2);
      const d = v128.load(row3);
      const largest = i16x8.max_s(
        i16x8.max_s(v128.and(a, magnitude), v128.and(b, magnitude)),
        i16x8.max_s(v128.and(c, magnitude), v128.and(d, magnitude)),
      );
      if (v128.any_true(i16x8.gt_s(largest, quarter))) {
        addHalves(sum, a);
        addHalves(sum, b);
        addHalves(sum, c);
        addHalves(sum, d);
      } else {
        addToSums(
          sum,
          f32x4.add(f32x4.add(widenLow(a), widenLow(b)), f32x4.add(widenLow(c), widenLow(d))),
          f32x4.add(f32x4.add(widenHigh(a), widenHigh(b)), f32x4.add(widenHigh(c), widenHigh(d))),
        );
      }
      row1 += 16;
      row2 += 16;
      row3 += 16;
      sum += 64;
    }
  }
}

/** Adds float32 rows to float64 sums, one after the other; `list` may have any length. */
export function sumSingles(list: usize, count: u32, dimension: u32, sums: usize): void {
  for (const listEnd = list + (count << 2); list < listEnd; list += 4) {
    let row = <usize>load<u32>(list);
    let sum = sums;
    for (const end = row + (dimension << 2); row < end; row += 32) {
      addToSums(sum, v128.load(row), v128.load(row, 16));
      sum += 64;
    }
  }
}

/** Float16 values as float32. Up to seven values past the last are read and written. */
export function widen(halves: usize, count: u32, target: usize): void {
  for (const end = halves + (count << 1); halves < end; halves += 16) {
    const eight = v128.load(halves);
    v128.store(target, widenLow(eight));
    v128.store(target, widenHigh(eight), 16);
    target += 32;
  }
}

/**
 * Brings float32 rows to length 1, in place. A row without a length, with one that is not finite, or with a value of
 * `limit` and more becomes NaN.
 */
export function normalise(rows: usize, count: u32, dimension: u32, limit: f32): void {
  for (let row: u32 = 0; row < count; row++) {
    const end = rows + (dimension << 2);
    let squares: f64 = 0;
    let largest: f32 = 0;
    for (let value = rows; value < end; value += 4) {
      const x = load<f32>(value);
      largest = max(largest, abs(x));
      squares += <f64>x * <f64>x;
    }
    // x / 0 is NaN for a row of zeros, and so is anything divided by NaN.
    const length: f64 = largest < limit ? sqrt<f64>(squares) : NaN;
    for (; rows < end; rows += 4) store<f32>(rows, <f32>(<f64>load<f32>(rows) / length));
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
