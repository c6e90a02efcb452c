import type { DatasetRecord } from '../popularity/record.ts';
import { SPLITS } from '../popularity/split.ts';

/** What a dataset came to, for a person. */
export function describeDataset(folder: string, record: DatasetRecord): string {
  const { books, labels, splits, standardise, transform, imageSize } = record;
  const { eta_squared: share, by_chance: byChance } = labels.leak;
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['dataset', folder],
    ...SPLITS.map(
      (split) => [split, `${splits[split].count} posts of ${splits[split].users} users`] as const,
    ),
    ['images', imageSize === null ? 'none' : `${imageSize} x ${imageSize}, RGB, uint8`],
    [
      'labels',
      `${WORDS[standardise]}, from ${short(labels.least)} to ${short(labels.most)}, mean ${short(labels.mean)}${transform === null ? '' : `; to be learned: ${transform}`}`,
    ],
    [
      'user',
      share === null || byChance === null
        ? 'all labels are the same'
        : `explains ${percent(share)} of the variance of labels (${percent(byChance)} by chance)`,
    ],
    ['taken', `${books.taken} of ${books.posts} posts`],
    ...Object.entries(books.left_out).map(([reason, count]) => ['left out', `${count} ${reason}`] as const),
  ];
  const width = 2 + Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}${text}\n`).join('');
}

const WORDS: Readonly<Record<DatasetRecord['standardise'], string>> = {
  max: "likes / likes of the user's most liked post",
  followers: "likes / the user's followers",
  none: 'likes',
};

function short(value: number): number {
  return Number(value.toPrecision(4));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
