import type { SampleName } from '../feedback/answer.ts';

/** A sample's picture, and what is said of it. */
export interface ShownPicture {
  /** WebP. */
  readonly webp: Uint8Array;
  readonly caption: string | null;
}

/** Pictures of samples, by what `nameOf` gives; of those that have one. */
export type PictureSource = (samples: readonly SampleName[]) => Promise<ReadonlyMap<string, ShownPicture>>;

/** What the page is made of beside the head. */
export interface PageFacts {
  readonly command: string;
  readonly bowerbirdVersion: string;
  /** Not given: the page shows names alone. */
  readonly picturesOf?: PictureSource | undefined;
}

/** By what pictures of samples are found. */
export function nameOf({ hash, key }: SampleName): string {
  return hash ?? `key:${key}`;
}
