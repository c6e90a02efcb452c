import { writeFile } from 'node:fs/promises';
import type { Answer, PairAnswer, RatingAnswer, SampleName } from '../../src/feedback/answer.ts';
import { lineOf } from '../../src/feedback/line.ts';

const FACTS = { question: 'aesthetic', rater: 'ada', time: '2026-05-01T10:00:00.000Z' } as const;

export const sample = (number: number): SampleName => ({
  hash: String(-(10n ** 18n) - BigInt(number)),
  key: `00000${number}`,
});

export function pair(id: string, changes: Partial<PairAnswer> = {}): PairAnswer {
  return { ...FACTS, id, mode: 'pair', answer: 'left', left: sample(1), right: sample(2), ...changes };
}

export function rating(id: string, changes: Partial<RatingAnswer> = {}): RatingAnswer {
  return { ...FACTS, id, mode: 'rating', answer: 7.5, sample: sample(1), ...changes };
}

export function retraction(id: string, retracts: string): string {
  return JSON.stringify({ v: 1, id, retracts, rater: 'ada', time: FACTS.time });
}

/** Writes a feedback file of answers and of lines as they are. */
export async function writeFeedback(path: string, lines: readonly (Answer | string)[]): Promise<string> {
  await writeFile(path, lines.map((line) => `${typeof line === 'string' ? line : lineOf(line)}\n`).join(''));
  return path;
}
