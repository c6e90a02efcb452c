import { sampleId } from '../../feedback/answer.ts';
import type { AskedMode } from '../../feedback/queue-items.ts';
import type { FeedbackState } from '../../feedback/state.ts';
import type { RatedSample, RatedSamples } from '../samples/rated-samples.ts';
import type { Question } from './items.ts';
import type { Sides } from './sides.ts';

/** What all raters are asked about, and what is known of their answers. */
export interface Asking {
  readonly samples: RatedSamples;
  readonly state: FeedbackState;
  readonly question: string;
  readonly mode: AskedMode;
  readonly seed: number;
  readonly repeatShare: number;
  /** Of pairs that are drawn: which samples training holds out. */
  readonly sides?: Sides | undefined;
  /** Numbers of samples whose picture could not be shown. */
  readonly unshown: ReadonlySet<number>;
}

/** Where new questions for a rater come from. */
export interface QuestionSource {
  /** One that the rater has not answered; undefined where there is none. @param held ids of those that the page has already */
  next(held: ReadonlySet<string>): Promise<Question | undefined>;
  /** How many the rater has not answered, where that can be told. */
  left(): Promise<number | null>;
}

/** Whether a question about these samples can be shown and its answer written down. */
export function isAskable({ unshown }: Pick<Asking, 'unshown'>, samples: readonly RatedSample[]): boolean {
  if (samples.some(({ number }) => unshown.has(number))) return false;
  const names = samples.map(({ name }) => name);
  if (names.some(({ hash, key }) => hash === undefined && key === undefined)) return false;
  return names.length === 1 || sampleId(names[0]!) !== sampleId(names[1]!);
}
