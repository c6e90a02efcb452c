/** What an input file is known by, in plans and in what is written of it. */
export interface InputIdentity {
  readonly path: string;
  readonly sizeBytes: number;
  readonly rowCount: number;
  /** sha256 (hex): of a Parquet file's size and footer, of any other file's bytes. */
  readonly fingerprint: string;
}
