import type { PageRow, ScoreFacts } from '../../page-data.ts';

/** A whole number with its thousands apart. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

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

/** Text that turns the direction of reading would show another order than it has: its controls are shown as what they are. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, (character) =>
    /[\t\n\r]/.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What is told of a picture to those who do not see it. */
export function altText(row: PageRow, scores: readonly ScoreFacts[]): string {
  const [first] = scores;
  const score = first ? `${first.name} ${scoreText(row.scores[0])}. ` : '';
  const caption = plainText(row.caption?.trim() || 'No caption').slice(0, 120);
  return `${score}${caption}`;
}

/** An element of a page that has it. */
export function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** A new element with a class and a text: never markup. */
export function made(tag: string, className: string, text: string = ''): HTMLElement {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  if (text !== '') node.textContent = text;
  return node;
}
