import { randomBits, shuffled, uniform } from '../learn/random.ts';
import {
  askedAgain,
  type Chosen,
  type ChosenItems,
  type Field,
  fillMix,
  samplesNear,
  Taken,
  topSamples,
} from './choose.ts';
import type { ChoiceOptions } from './options.ts';

/** Which samples to ask about. Held-out ones come up at random alone, as often as they are. Deterministic by the seed. */
export function chooseSamples(field: Field, options: ChoiceOptions): ChosenItems {
  const { ids, training, heldOut, chances, past } = field;
  const bits = randomBits(`bowerbird queue samples ${options.seed}`);
  const taken = new Taken(past);
  /** The first of some samples that were not answered about. */
  const first = (samples: Int32Array, why: Chosen['why'], wanted: number): Chosen[] => {
    const chosen: Chosen[] = [];
    for (const sample of samples) {
      if (chosen.length === wanted) break;
      const id = ids[sample]!;
      if (taken.take(id)) chosen.push({ ids: [id], why, round: 0 });
    }
    return chosen;
  };
  const mixed = (samples: Int32Array): Int32Array =>
    shuffled(samples.length, bits).map((place) => samples[place]!);
  const varied = (): Int32Array =>
    chances && chances.members > 1
      ? training.toSorted((a, b) => chances.scoreVariance(b) - chances.scoreVariance(a))
      : new Int32Array(0);
  const filled = fillMix(field, options, {
    repeat: (wanted) => askedAgain(past, wanted, { random: () => uniform(bits) }),
    variance: (wanted) => first(varied(), 'variance', wanted),
    top: (wanted) => first(mixed(topSamples(field, options.topShare)), 'top', wanted),
    threshold: (wanted) => first(samplesNear(field, options), 'threshold', wanted),
    random: (wanted) => [first(mixed(joined(training, heldOut)), 'random', wanted)],
  });
  return { ...filled, passedOver: 0 };
}

function joined(one: Int32Array, other: Int32Array): Int32Array {
  const all = new Int32Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
