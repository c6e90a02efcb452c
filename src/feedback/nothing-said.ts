import type { AnswerSet } from './answers.ts';

/** Of more questions or raters the first are named. */
const MOST_NAMED = 10;

/**
 * Why the answers to a question say nothing, and what to do: none was given to it, none by the chosen raters, or all were skipped.
 *
 * @param said.raters those that were chosen, where some were
 * @param said.what what was looked for: `answer of mode pair`
 */
export function whyNothingSaid(
  { answers, questions, raters }: AnswerSet,
  said: { readonly question: string; readonly raters?: readonly string[] | undefined; readonly what: string },
): string {
  const { question, what } = said;
  if (!questions.has(question))
    return `There is no answer to the question ${question}. The files have answers to: ${counted(questions)}. Name another --question.`;
  if (said.raters && answers.length === 0)
    return `No answer to the question ${question} is by ${said.raters.join(', ')}. There are answers by: ${counted(raters)}. Name others with --rater, as they are written there.`;
  return `There is no ${what} to the question ${question} that says anything: ${answers.length} of its answers were read, and all of these are skips, or about a pair of one and the same sample. Answer some.`;
}

function counted(counts: ReadonlyMap<string, number>): string {
  const named = [...counts].map(([name, count]) => `${name} (${count})`);
  if (named.length === 0) return 'nothing';
  const rest = named.length - MOST_NAMED;
  return `${named.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** A line where some of the chosen raters have answered nothing: their names may be written otherwise. */
export function notesOnRaters(
  { answers, raters }: Pick<AnswerSet, 'answers' | 'raters'>,
  chosen: readonly string[] | undefined,
): string[] {
  const missing = (chosen ?? []).filter((rater) => !raters.has(rater));
  if (missing.length === 0 || answers.length === 0) return [];
  return [`No answer is by ${missing.join(', ')}. There are answers by: ${counted(raters)}.`];
}
