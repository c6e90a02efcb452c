import { WeightsError, weightsRefused } from '../../weights/errors.ts';
import type { ScoreStatement } from '../manifest.ts';
import type { ImageNetwork } from './family.ts';
import type { StatedScore } from './spec.ts';

/**
 * Which of a network's values is a score: what is stated, else what is known of its family; undefined where neither is.
 *
 * @throws WeightsError BB_WEIGHTS_UNSTATED, or BB_WEIGHTS_REFUSED where it has no such value
 */
export function settledScore(
  path: string,
  { isClassifier, dimension, score: known }: ImageNetwork,
  stated: StatedScore | undefined,
): ScoreStatement | undefined {
  if (!stated) return known;
  const { tag, label } = stated;
  if (!isClassifier)
    throw weightsRefused(path, `they have no classifier, and an embedding is no ${tag} score`);
  const place = stated.class ?? (dimension === 1 ? 0 : undefined);
  if (place === undefined) throw unstated(path, `which of their ${dimension} values is the score`, '--class');
  if (place >= dimension)
    throw weightsRefused(
      path,
      `a row of theirs has ${dimension} values, counted from 0, of which none is the class ${place}`,
    );
  const activation = stated.activation ?? (tag === 'aesthetic' ? 'none' : undefined);
  if (activation === undefined)
    throw unstated(path, `what makes a ${tag} of that value`, '--score-activation');
  return { tag, class: place, activation, ...(label && { label }) };
}

/** No config beside weights says such a thing. */
function unstated(path: string, question: string, flag: string): WeightsError {
  return new WeightsError(
    'BB_WEIGHTS_UNSTATED',
    `The weights ${path} do not say ${question}. State it with ${flag} of \`bowerbird models convert\`.`,
    { fields: { path, flag } },
  );
}
