// Pillow's 8-bit resampling passes, for three channels.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.

/** Makes sure that the memory holds `byteLength` bytes. */
export function reserve(byteLength: usize): void {
  const missing = <i32>((byteLength + 0xffff) >> 16) - memory.size();
  if (missing > 0) memory.grow(missing);
}

/** The first address that is free. */
export function heapBase(): usize {
  return __heap_base;
}
