import type { FoundScores } from '../samples/score-rows.ts';
import type { Scores } from '../store/reader.ts';

/*
 * Answers as JSON. Names of columns are a closed list of plain words, and scores are numbers or null, so text can be put
 * together without JSON.stringify.
 */

/** Beyond the greatest double, which readers of JSON take for infinity; JSON has no word for it. */
const INFINITE = '1e999';

/** As many as there are float16 numbers. */
const MAX_TEXTS = 65_536;
/** Texts of scores that were seen: scores repeat, and making text of a number costs three times as much as finding it. */
const texts = new Map<number, string>();

/** The shortest decimals that give the same number back; null for a NaN, which is how stores say that there is no score. */
function scoreText(score: number): string {
  let text = texts.get(score);
  if (text === undefined) {
    text = makeScoreText(score);
    if (texts.size < MAX_TEXTS) texts.set(score, text);
  }
  return text;
}

function makeScoreText(score: number): string {
  if (Number.isNaN(score)) return 'null';
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? INFINITE : `-${INFINITE}`;
}

/** `{"hash":"-123","found":true,"aesthetic":7.25}`; a miss has `"found":false` and null for each column. */
export function oneScoreText(hash: bigint, columns: readonly string[], scores: Scores | undefined): string {
  const values = columns.map((name) => {
    return `,"${name}":${scoreText(scores?.[name as keyof Scores] ?? Number.NaN)}`;
  });
  return `{"hash":"${hash}","found":${scores !== undefined}${values.join('')}}`;
}

/**
 * `{"columns":["aesthetic"],"scores":[[7.25],null,[null]]}`: for each hash its scores, a stored null as null, or null
 * in place of the list where the store does not have the hash.
 */
export function manyScoresText(names: readonly string[], { found, columns }: FoundScores): string {
  const [first, ...others] = columns;
  const rows: string[] = [];
  for (let i = 0; i < found.length; i++) {
    if (found[i] === 0) {
      rows.push('null');
      continue;
    }
    let row = `[${scoreText(first![i]!)}`;
    for (const column of others) row += `,${scoreText(column[i]!)}`;
    rows.push(`${row}]`);
  }
  return `{"columns":${JSON.stringify(names)},"scores":[${rows.join()}]}`;
}

/**
 * Answers as bytes: for n hashes and c columns c * n float32, little-endian, a column after the other, then n bytes, 1
 * where the store has the hash. Floats come first, so that they are aligned wherever the body is; a stored null is a
 * NaN with its byte 1, a miss a NaN with its byte 0.
 */
export function manyScoresBytes({ found, columns }: FoundScores): Buffer {
  const columnBytes = Float32Array.BYTES_PER_ELEMENT * found.length;
  const bytes = Buffer.allocUnsafe(columns.length * columnBytes + found.length);
  columns.forEach((column, c) => {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, columnBytes), c * columnBytes);
  });
  bytes.set(found, columns.length * columnBytes);
  return bytes;
}
