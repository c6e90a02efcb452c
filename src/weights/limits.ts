/** Bounds of what surrounds the numbers of a file, so that a hostile one can neither fill the memory nor stall the reader. */
export interface ReaderLimits {
  readonly safetensorsHeaderBytes: number;
  readonly pickleBytes: number;
  readonly zipEntries: number;
  /** Whether the parameters of TorchScript programs are read; without it, programs are refused. */
  readonly readsPrograms?: boolean;
  /** Whether the `state_dict` of a training checkpoint is read, and what lies beside it passed over; without it, checkpoints are refused. */
  readonly readsCheckpoints?: boolean;
}

/** For image models: the largest published ones name a few thousand tensors, in headers of some hundred kilobytes. */
export const MODEL_LIMITS: ReaderLimits = {
  safetensorsHeaderBytes: 16 * 2 ** 20,
  pickleBytes: 16 * 2 ** 20,
  zipEntries: 65_536,
  readsPrograms: true,
  readsCheckpoints: true,
};
