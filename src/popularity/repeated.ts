import type { Fates } from './left-out.ts';
import type { Material } from './material.ts';

/**
 * Leaves out what shows the same as an earlier post: else the same picture could be learned from and tested on. Of those of one number the earliest stays; of those without a
 * time, or of the same one, the first by its id.
 *
 * @param numbers by row; what is the same has the same number
 */
export function leaveOutRepeated(
  numbers: BigUint64Array | BigInt64Array,
  { times }: Pick<Material, 'times'>,
  fates: Fates,
  reason: 'image_repeated' | 'hash_repeated',
): void {
  const timeOf = (row: number): number =>
    Number.isNaN(times[row]!) ? Number.POSITIVE_INFINITY : times[row]!;
  const rows = [...fates.staying()].sort((a, b) => {
    if (numbers[a] !== numbers[b]) return numbers[a]! < numbers[b]! ? -1 : 1;
    return timeOf(a) === timeOf(b) ? a - b : timeOf(a) - timeOf(b);
  });
  for (const [i, row] of rows.entries())
    if (i > 0 && numbers[rows[i - 1]!] === numbers[row]) fates.leaveOut(row, reason);
}
