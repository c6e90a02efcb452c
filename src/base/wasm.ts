// TypeScript declares WebAssembly only in its DOM library, which a Node program has no use for.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What every kernel of ours exports beside its functions. */
export interface KernelMemory {
  /** The kernel's memory. `buffer` is replaced whenever it grows: read it after `reserve`. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** The first address that the kernel does not use itself. */
  heapBase(): number;
  /** Grows the memory to at least so many bytes. */
  reserve(byteLength: number): void;
}

/** Instantiates a compiled kernel (kernels/*.ts, built by scripts/build-kernels.ts). */
export function instantiateKernel<Kernel extends KernelMemory>(base64: string): Kernel {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, 'base64'))).exports as Kernel;
}
