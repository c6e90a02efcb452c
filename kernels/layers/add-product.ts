// Part of kernels/layers.ts.

/** sum + a b, each of the two rounded. */
@inline
export function addProduct(sum: v128, a: v128, b: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, b));
}
