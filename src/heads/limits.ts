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
  /** saved_model.pb, once inflated; LAION's for L/14 has 3.8 MB. */
  graphBytes: 32 * 2 ** 20,
  /** Nodes and functions of a graph that are looked into; LAION's has 84 of its own and 2,400 in its functions. */
  graphNodes: 100_000,
  /** Steps from node to node until a graph is understood; LAION's takes 6,000. */
  graphSteps: 1_000_000,
  /** variables.index, once inflated; LAION's has 1.5 KB. */
  checkpointIndexBytes: 2 ** 20,
  /** Tensors that a checkpoint lists. */
  checkpointEntries: 4096,
  /** Texts of all vocabularies of a head; LAION's for L/14 has 19,415. */
  vocabularyTexts: 2 ** 20,
} as const;
