import type { SampleName } from '../../feedback/answer.ts';

/** A sample that is asked about. */
export interface RatedSample {
  /** Its number in the source: the same for as long as the source does not change. */
  readonly number: number;
  readonly name: SampleName;
  readonly caption: string | null;
}

/** Samples with pictures that lie on this machine. */
export interface RatedSamples {
  /** What they are called on the page: the last part of the source's path. */
  readonly title: string;
  /** The numbers of the samples that have a picture, ascending. */
  readonly pictured: Int32Array;
  /** Some of them, in the order asked for. */
  at(numbers: readonly number[]): Promise<RatedSample[]>;
  /** Those of these names that have a picture, by `sampleId`; of several under one name the first. */
  find(names: readonly SampleName[]): Promise<ReadonlyMap<string, RatedSample>>;
  /**
   * A sample's picture as WebP, whole, at most 1280 pixels on its longer side.
   *
   * @throws WebError BB_HTTP_NO_PICTURE; the signal's reason
   */
  webpOf(number: number, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}
