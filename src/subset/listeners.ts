import type { SubsetProgress } from './database.ts';

/** Who wants to know, and who may stop it. */
export interface SubsetListeners {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SubsetProgress) => void;
  /** Told of files that are left out, and of warnings. */
  readonly onNote?: (note: string) => void;
}
