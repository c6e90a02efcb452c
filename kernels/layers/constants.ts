// Part of kernels/layers.ts. Constants of what is done to each value lie in memory: from there each is one instruction, where V8 makes it
// out of a number in the code by three, anew in every step of a loop.

/** Eight bytes of memory, twice. */
@inline
export function double(place: usize): v128 {
  return v128.load64_splat(place);
}

/** Four bytes of memory, four times. */
@inline
export function single(place: usize): v128 {
  return v128.load32_splat(place);
}
