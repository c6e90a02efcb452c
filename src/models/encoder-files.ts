import type { EncoderManifest, ScoreStatement } from './manifest.ts';

/** An image model on disk, its digest known and, where the manifest states one, checked. */
export interface ModelFiles {
  /** As in its manifest. */
  readonly name: string;
  readonly modelPath: string;
  readonly manifest: EncoderManifest;
  /** sha256 in hex of the model's bytes, followed by those of its external weight files. */
  readonly digest: string;
}

/** A classifier on disk that gives a tag. */
export interface TagModelFiles extends ModelFiles {
  /** Which of its values is the score. */
  readonly score: ScoreStatement;
}

/** An encoder on disk. */
export interface EncoderFiles extends ModelFiles {
  /** The aesthetic head that lies beside the model as `head.json`, if any. */
  readonly headPath?: string;
}

/** What a run puts on record of its encoder. */
export interface EncoderFacts {
  readonly name: string;
  /** One line for a person. */
  readonly description: string;
  /** As in `EncoderFiles`. */
  readonly digest: string;
  /** Length of an embedding. */
  readonly dimension: number;
  /** The execution provider that was taken: `cpu`, `cuda`, ... */
  readonly provider: string;
  /** Whether an image has the same embedding, bit for bit, wherever it stands in a batch and beside whatever. */
  readonly batchInvariant: boolean;
}
