// Which of many points may lie within a distance of one: a sieve over their first coordinates.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// Points lie in groups of four: of each of their 32 coordinates four float32 values, one of each point. A group is left
// as soon as no point of it can be near any more.

/** Bytes of a coordinate of a group. */
const LANES: usize = 16;
const GROUP_BYTES: usize = 512;

/** The squares of what eight coordinates of a group differ from those of the query, added to `sum`. */
// @ts-ignore: decorator
@inline
function addSquares(sum: v128, group: usize, query: usize): v128 {
  let even = sum;
  let odd = f32x4.splat(0);
  for (let at: usize = 0; at < 8 * LANES; at += 2 * LANES) {
    const a = f32x4.sub(v128.load(group + at), v128.load(query + at));
    const b = f32x4.sub(v128.load(group + at, 16), v128.load(query + at, 16));
    even = f32x4.add(even, f32x4.mul(a, a));
    odd = f32x4.add(odd, f32x4.mul(b, b));
  }
  return f32x4.add(even, odd);
}

/**
 * Writes the numbers of the points whose squared distance from the query, over the 32 coordinates, is at most `limit`.
 *
 * @param points `count` points, in groups of four
 * @param query a group of four times the same point
 * @param found uint32, room for `count` and three more
 * @returns how many were found
 */
export function sift(points: usize, count: u32, query: usize, limit: f32, found: usize): u32 {
  const most = f32x4.splat(limit);
  const first = found;
  let group = points;
  for (let point: u32 = 0; point < count; point += 4, group += GROUP_BYTES) {
    let sum = addSquares(f32x4.splat(0), group, query);
    if (!v128.any_true(f32x4.le(sum, most))) continue;
    sum = addSquares(sum, group + 8 * LANES, query + 8 * LANES);
    if (!v128.any_true(f32x4.le(sum, most))) continue;
    sum = addSquares(sum, group + 16 * LANES, query + 16 * LANES);
    sum = addSquares(sum, group + 24 * LANES, query + 24 * LANES);
    const near = i32x4.bitmask(f32x4.le(sum, most));
    for (let lane: u32 = 0; lane < 4; lane++) {
      if ((near & (1 << lane)) == 0 || point + lane >= count) continue;
      store<u32>(found, point + lane);
      found += 4;
    }
  }
  return <u32>((found - first) >> 2);
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
