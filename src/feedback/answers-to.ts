import { type AnswerSet, readAnswers, type Wanted } from './answers.ts';
import { notesOnRaters } from './nothing-said.ts';

/** Who is told how far a reading is, and what was passed over. */
export interface AnswersProgress {
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
  readonly advance: (what: string, done: number, total: number | undefined, unit: string) => void;
}

/** The answers to a question, of some modes and raters, or of all. */
export interface WantedAnswers extends Pick<Wanted, 'modes' | 'raters'> {
  readonly question: string;
}

/**
 * Reads the answers to a question; says on the way how many lines are read, and in the end what lines were passed over, and which raters said nothing.
 *
 * @throws as `readAnswers`
 */
export async function readAnswersTo(
  paths: readonly string[],
  { question, modes, raters }: WantedAnswers,
  { signal, note, advance }: AnswersProgress,
): Promise<AnswerSet> {
  const set = await readAnswers(paths, {
    ...{ questions: [question], modes, raters, signal },
    onProgress: (lines) => advance('reading answers', lines, undefined, 'lines'),
  });
  for (const line of [...set.counts.problems.notes(), ...notesOnRaters(set, raters)]) note(line);
  return set;
}
