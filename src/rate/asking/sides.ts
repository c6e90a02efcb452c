import { sampleId } from '../../feedback/answer.ts';
import { placeOf } from '../../learn/split.ts';
import type { RatedSamples } from '../samples/rated-samples.ts';
import { DrawnOrder } from './draw.ts';

/** Samples that training learns from, and those that it holds out: of a pair with one side there and one here nothing is learned. */
export interface Sides {
  /** Their numbers, ascending. */
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
}

/** Of more samples, so many by chance are looked at: their pairs are more than anybody answers. */
const MOST_PAIRED = 32_768;
/** Names are read so many at a time. */
const AT_ONCE = 4096;

/** Which of the samples that have a picture lie where. Those that no answer could name are on neither side. @throws the signal's reason */
export async function sidesOf(
  samples: Pick<RatedSamples, 'pictured' | 'at'>,
  options: { readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<Sides> {
  const numbers = someOf(samples.pictured, options.seed);
  const sides = new Map<number, boolean>();
  for (let from = 0; from < numbers.length; from += AT_ONCE) {
    options.signal?.throwIfAborted();
    for (const { number, name } of await samples.at([...numbers.subarray(from, from + AT_ONCE)])) {
      if (name.hash === undefined && name.key === undefined) continue;
      sides.set(number, placeOf(sampleId(name)).isHeldOut);
    }
  }
  return {
    training: numbers.filter((number) => sides.get(number) === false),
    heldOut: numbers.filter((number) => sides.get(number) === true),
  };
}

/** At most so many of some numbers, ascending. */
function someOf(numbers: Int32Array, seed: number): Int32Array {
  if (numbers.length <= MOST_PAIRED) return numbers;
  const order = new DrawnOrder(numbers.length, seed, 'paired');
  return Int32Array.from({ length: MOST_PAIRED }, (_, place) => numbers[order.at(place)]!).sort();
}
