/** Bounds of what surrounds the numbers of a file, so that a hostile one can neither fill the memory nor stall the reader. */
export interface ReaderLimits {
  readonly safetensorsHeaderBytes: number;
  readonly pickleBytes: number;
  readonly zipEntries: number;
}
