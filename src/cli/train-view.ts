import { join } from 'node:path';
import { HEAD_FILE, PAGE_FILE } from '../learn/options.ts';
import type { TrainingResult } from '../learn/train.ts';

/** What a training came to, for a person. */
export function describeTraining({ folder, record, material, made }: TrainingResult): string {
  const { counts, mode } = material;
  const left = [
    [counts.unmatched, 'samples are not among the embeddings'],
    [counts.unusable, 'samples have an embedding that cannot be used'],
    [counts.pairsUnmatched, 'pairs have a side without an embedding'],
  ] as const;
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['head', join(folder, HEAD_FILE)],
    ['page', join(folder, PAGE_FILE)],
    [
      'method',
      `${record.method}, from ${counts.answers} answers of mode ${mode} about ${counts.samples} samples`,
    ],
    ...left.filter(([count]) => count > 0).map(([count, what]) => ['left out', `${count} ${what}`] as const),
    ...Object.entries(made.measures).map(
      ([name, measures]) => [name.replaceAll('_', ' '), describeMeasures(measures)] as const,
    ),
  ];
  const width = 2 + Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}${text}\n`).join('');
}

/** Figures in a line. */
export function describeMeasures(measures: Readonly<Record<string, number | null>>): string {
  return Object.entries(measures)
    .map(
      ([name, value]) =>
        `${name.replaceAll('_', ' ')} ${value === null ? 'not defined' : Number(value.toPrecision(4))}`,
    )
    .join(', ');
}
