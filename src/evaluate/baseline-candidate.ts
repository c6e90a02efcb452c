import type { Label } from '../samples/label.ts';
import type { Candidate } from './candidates.ts';
import type { ValueTruth } from './truths.ts';

/** What a baseline is made of. */
export interface BaselineParts {
  readonly name: string;
  /** What it is, after `baseline:`. */
  readonly facts: string;
  /** What brings its scores to likes. */
  readonly label: Label | undefined;
  /** float64 by the samples' numbers; NaN where there is none. */
  readonly scores: Float64Array;
}

/** A baseline as a candidate: it sees what a head that was trained here would. */
export function baselineCandidate(
  { mode }: Pick<ValueTruth, 'mode'>,
  { name, facts, label, scores }: BaselineParts,
): Candidate {
  return {
    ...{ name, facts: `baseline: ${facts}`, kind: 'baseline', isProbability: false, scores },
    ...(label && { label }),
    training: { method: name, mode, question: '', feedbackDigest: '', isOfHead: true },
  };
}
