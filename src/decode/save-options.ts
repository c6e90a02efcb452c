/** img2dataset's resize modes (`resizer.py`, `ResizeMode`). `no`: encoded anew at the size that it has. */
export const RESIZE_MODES = ['no', 'border', 'keep_ratio', 'keep_ratio_largest', 'center_crop'] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

/** What images are encoded as, in img2dataset's names, which are extensions too. */
export const ENCODE_FORMATS = ['jpg', 'png', 'webp'] as const;
export type EncodeFormat = (typeof ENCODE_FORMATS)[number];

/** How images are made that are saved in the place of the files as they came; img2dataset's settings. */
export interface SaveOptions {
  readonly resizeMode: ResizeMode;
  /** The side that a mode brings images to, in pixels. */
  readonly sizePx: number;
  /** Whether smaller images stay as large as they are. */
  readonly onlyIfBigger: boolean;
  readonly format: EncodeFormat;
  /** 1 to 100 of JPEG and WebP; the compression, 0 to 9, of PNG. */
  readonly quality: number;
  /** Whether a file that has the format and need not be changed stays as it came. */
  readonly skipReencode: boolean;
}

/** An image as it is saved in the place of the file as it came. */
export interface SavedImage {
  readonly bytes: Uint8Array;
  readonly format: EncodeFormat;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}
