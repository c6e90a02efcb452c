/** Bounds that no real head comes near, so that a hostile file can neither fill the memory nor stall the reader. */
export const LIMITS = {
  /** LAION's largest published head, the 768-1024-128-64-16-1 stack, has 3.7 MB. */
  fileBytes: 256 * 2 ** 20,
  /** All tensors of a head together; they are held as float64. */
  values: 2 ** 24,
  jsonBytes: 32 * 2 ** 20,
  /** Brackets in a JSON head: one per layer and per row of weights; nested ones cost far more memory than bytes. */
  jsonBrackets: 200_000,
  manifestBytes: 64 * 2 ** 10,
  safetensorsHeaderBytes: 2 ** 20,
  pickleBytes: 2 ** 20,
  zipEntries: 4096,
  layers: 64,
} as const;
