import { createHash } from 'node:crypto';
import { type SampleName, sampleId } from '../../feedback/answer.ts';
import type { PageItem, PageSample } from '../page-data.ts';
import type { RatedSample } from '../samples/rated-samples.ts';
import { drawn } from './draw.ts';

/** What is to be asked, before it is settled how it is shown. */
export interface Question {
  /** Names it for its rater. */
  readonly id: string;
  /** Of a pair two, else one. */
  readonly samples: readonly RatedSample[];
  /** The item of a queue that asks. */
  readonly queue?: string | undefined;
  /** Of a pair that is asked again: whether it was shown the other way round than `samples` have it. */
  readonly wasSwapped?: boolean;
}

/** What names a question that no queue asks: about the same for the same time has the same. */
export function questionId(subject: string, time: number): string {
  return digestOf(`${subject}\n${time}`, 16);
}

/** What two samples are called together, as in `subjectOf`: whichever is left. */
export function subjectOfNames(names: readonly SampleName[]): string {
  return names.map(sampleId).sort().join(' ');
}

/**
 * A question as it is shown. The order of a pair is drawn from the seed: where it is odd the second sample is left. A pair that is asked again is
 * shown the other way round.
 */
export function itemOf({ id, samples, queue, wasSwapped }: Question, seed: number, rater: string): PageItem {
  const shown = samples.map(pageSample);
  const asked = { id, ...(queue !== undefined && { queue }) };
  if (shown.length === 1) return { ...asked, samples: shown };
  const number = drawn(seed, rater, id);
  const own = wasSwapped === undefined ? number : wasSwapped ? number - (number % 2) : number | 1;
  const orderSeed = own >>> 0;
  const swapped = orderSeed % 2 === 1;
  return { ...asked, samples: swapped ? shown.reverse() : shown, seed: orderSeed, swapped };
}

function pageSample(sample: RatedSample): PageSample {
  return {
    name: sample.name,
    caption: sample.caption,
    picture: `/pictures/${sample.number}/${checkOf(sample)}`,
  };
}

/** Stands for a sample's name in the path of its picture: a number may be another sample's once the source has changed. */
export function checkOf({ name }: RatedSample): string {
  return digestOf(JSON.stringify([name.hash, name.key]), 12);
}

function digestOf(text: string, characters: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, characters);
}
