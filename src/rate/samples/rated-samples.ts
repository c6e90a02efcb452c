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
  /** Those of these names that are asked about, by `sampleId`; of several with one hash the one with the key as well, else the first. */
  find(names: readonly SampleName[]): Promise<ReadonlyMap<string, RatedSample>>;
  /**
   * A sample's picture as WebP, whole, at most 1280 pixels on its longer side.
   *
   * @throws WebError BB_HTTP_NO_PICTURE; the signal's reason
   */
  webpOf(number: number, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

/** Whether a number is among some that ascend. */
export function isAmong(numbers: Int32Array, number: number): boolean {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === number;
}
