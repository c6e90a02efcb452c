import type { Verdict } from './room.ts';

/** One line of a Markdown table: room, mutants, killed, survived, score in percent, seed, date. */
export function scoreRow(room: string, verdicts: readonly Verdict[], seed: number): string {
  const killed = verdicts.filter(isKilled).length;
  const share = verdicts.length === 0 ? '-' : `${((100 * killed) / verdicts.length).toFixed(0)} %`;
  const date = new Date().toISOString().slice(0, 10);
  return `| ${[room, verdicts.length, killed, verdicts.length - killed, share, seed, date].join(' | ')} |`;
}

/** Those that no test killed, each with its line before and after. */
export function survivorLines(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter((verdict) => !isKilled(verdict))
    .flatMap(({ place, operator, ending, diff: [before, after] }) => [
      `${place}  ${operator}${ending === 'not reached' ? '  (no test near it runs this line)' : ''}`,
      `  - ${before}`,
      `  + ${after}`,
    ]);
}

const isKilled = ({ ending }: Verdict): boolean => ending === 'killed' || ending === 'timed out';
