import { type Answer, sampleId } from '../feedback/answer.ts';

/** A pair or a sample that was answered about, as the collection names it. */
export interface Answered {
  /** The ids of its samples; of a pair left and right as they were shown last. */
  readonly ids: readonly string[];
  /** How often, skips included. */
  readonly times: number;
  /** Whether it was ever answered other than by a skip. */
  readonly isDecided: boolean;
}

/** A pair whichever side each is on, or a sample. */
export function subjectKey(ids: readonly string[]): string {
  return ids.toSorted().join(' ');
}

/** What was answered about samples of the collection, by `subjectKey`, in the order of the answers. */
export function pastOf(
  answers: readonly Answer[],
  idOfAnswered: ReadonlyMap<string, string>,
): Map<string, Answered> {
  const past = new Map<string, Answered>();
  for (const answer of answers) {
    const samples = answer.mode === 'pair' ? [answer.left, answer.right] : [answer.sample];
    const ids = samples.map((sample) => idOfAnswered.get(sampleId(sample)));
    if (!ids.every((id) => id !== undefined)) continue;
    const key = subjectKey(ids);
    const before = past.get(key);
    past.set(key, {
      ids,
      times: (before?.times ?? 0) + 1,
      isDecided: before?.isDecided === true || answer.answer !== 'skip',
    });
  }
  return past;
}
