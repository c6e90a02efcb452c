import type { BuildProgress } from '../store/build.ts';
import { rowsProgress } from './rows-progress.ts';

/** Reading gets this part of the memory; it is over before sorting starts. */
export const READING_SHARE = 4;

/** Shows on stderr how far a store is. */
export function showBuildProgress(): (progress: BuildProgress) => void {
  let shown: { phase: string; show: (rows: number) => void } | undefined;
  return ({ phase, rows, totalRows }) => {
    if (shown?.phase !== phase) shown = { phase, show: rowsProgress(phase, totalRows) };
    shown.show(rows);
  };
}
