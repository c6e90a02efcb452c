import { plainText } from '../../../web/page-words.ts';
import type { PageRow, ScoreFacts } from '../../page-data.ts';

/** A score: to three digits below one, as probabilities are, else to two. */
export function scoreText(score: number | null | undefined): string {
  if (score === null || score === undefined) return '\u2013';
  return score.toFixed(Math.abs(score) < 1 ? 3 : 2).replace('-', '\u2212');
}

/** How a row ended. */
export function fateText(group: PageRow['group'], fate: string): string {
  if (group === 'kept') return 'kept';
  return group === 'dropped' ? `dropped: ${fate.replaceAll('_', ' ')}` : fate.replaceAll('_', ' ');
}

/** What is told of a picture to those who do not see it. */
export function altText(row: PageRow, scores: readonly ScoreFacts[]): string {
  const [first] = scores;
  const score = first ? `${first.name} ${scoreText(row.scores[0])}. ` : '';
  const caption = plainText(row.caption?.trim() || 'No caption').slice(0, 120);
  return `${score}${caption}`;
}
