/** In what images are saved; img2dataset's names. */
export const OUTPUT_FORMATS = ['webdataset', 'files', 'parquet'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Which images are saved. */
export type SavedRows = 'kept' | 'scored';

/** How the images of a run are saved. */
export interface SavedSettings {
  readonly rows: SavedRows;
  readonly outputFormat: OutputFormat;
  /** The name of a Parquet column of images: img2dataset's, after the format that images are encoded in. */
  readonly imageColumn: string;
}

/** Extensions by what an image's first bytes say it is. */
const EXTENSIONS: Readonly<Record<string, string>> = { jpeg: 'jpg' };

/** The extension of an image of some format. */
export function extensionOf(format: string): string {
  return EXTENSIONS[format] ?? format;
}
