// Decoding JPEGs of 8 bits with Huffman codes, sequential and progressive, to the pixels of libjpeg-turbo, and only those in
// which nothing is odd: a file that breaks any rule is left to whoever judges it.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.

export { defineHuffman, scanEnd, startScan } from './jpeg/bits';
export { clearCoefficients, defineQuantisation, inputAt, layOut, pixelsAt, setQuantisation } from './jpeg/frame';
export { emitRows } from './jpeg/pixels';
export { decodeAcScan, decodeDcScan, transformMcuRow } from './jpeg/progressive';
export { refineAcScan } from './jpeg/refinement';
export { decodeMcuRow, startSequential } from './jpeg/sequential';

/** Makes sure that the memory holds `byteLength` bytes. */
export function reserve(byteLength: usize): void {
  const missing = <i32>((byteLength + 0xffff) >> 16) - memory.size();
  if (missing > 0) memory.grow(missing);
}

/** The first address that is free. */
export function heapBase(): usize {
  return __heap_base;
}
