import type { EncoderManifest } from './manifest.ts';

/** An encoder on disk, its digest known and, where the manifest states one, checked. */
export interface EncoderFiles {
  /** As in its manifest. */
  readonly name: string;
  readonly modelPath: string;
  readonly manifest: EncoderManifest;
  /** sha256 in hex of the model's bytes, followed by those of its external weight files. */
  readonly digest: string;
  /** The aesthetic head that lies beside the model as `head.json`, if any. */
  readonly headPath?: string;
}
