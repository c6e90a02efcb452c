import { median } from './median.ts';

/** The median of numbers with their extremes: `0.98 (0.95 to 1.02)`. */
export function spread(numbers: readonly number[], digits: number): string {
  const [least, middle, most] = [Math.min(...numbers), median(numbers), Math.max(...numbers)].map((number) =>
    number.toFixed(digits),
  );
  return least === most ? middle! : `${middle} (${least} to ${most})`;
}
