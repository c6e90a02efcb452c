import type { FoundScores, Scores } from '../store/reader.ts';

/*
 * Answers as JSON. Names of columns are a closed list of plain words, and scores are numbers or null, so text can be put
 * together without JSON.stringify.
 */

/** Beyond the greatest double, which readers of JSON take for infinity; JSON has no word for it. */
const INFINITE = '1e999';

/** The shortest decimals that give the same number back. */
function numberText(score: number): string {
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? INFINITE : `-${INFINITE}`;
}

/** `{"hash":"-123","found":true,"aesthetic":7.25}`; a miss has `"found":false` and null for each column. */
export function oneScoreText(hash: bigint, columns: readonly string[], scores: Scores | undefined): string {
  const values = columns.map((name) => {
    const score = scores?.[name as keyof Scores] ?? null;
    return `,"${name}":${score === null ? 'null' : numberText(score)}`;
  });
  return `{"hash":"${hash}","found":${scores !== undefined}${values.join('')}}`;
}

/**
 * `{"columns":["aesthetic"],"scores":[[7.25],null,[null]]}`: for each hash its scores, a stored null as null, or null
 * in place of the list where the store does not have the hash.
 */
export function manyScoresText(names: readonly string[], { found, columns }: FoundScores): string {
  const [first, ...others] = columns;
  let text = `{"columns":${JSON.stringify(names)},"scores":[`;
  for (let i = 0; i < found.length; i++) {
    if (i > 0) text += ',';
    if (found[i] === 0) {
      text += 'null';
      continue;
    }
    text += `[${cellText(first![i]!)}`;
    for (const column of others) text += `,${cellText(column[i]!)}`;
    text += ']';
  }
  return `${text}]}`;
}

function cellText(score: number): string {
  return Number.isNaN(score) ? 'null' : numberText(score);
}
