import { BowerbirdError, codeOf } from '../base/errors.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { sameThresholds } from '../scores/thresholds.ts';

/**
 * Holds what a process would do against what is planned, or begun: settings, thresholds, inputs, encoder and heads.
 *
 * @param advice what to do where something differs, as a sentence
 * @throws BowerbirdError BB_RUN_CHANGED naming each difference
 */
export function refuseOther(planned: RunRecord, present: RunRecord, advice: string): void {
  const differences = [...thresholdDifferences(planned, present), ...otherDifferences(planned, present)];
  if (differences.length === 0) return;
  throw new BowerbirdError(
    'BB_RUN_CHANGED',
    `This is not what is planned:\n${differences.map((line) => `  - ${line}`).join('\n')}\n${advice}`,
    { fields: { differences } },
  );
}

/** A run of one process judges its shards anew by other thresholds; workers cannot. */
function thresholdDifferences({ thresholds: old }: RunRecord, { thresholds: now }: RunRecord): string[] {
  if (sameThresholds(old, now)) return [];
  return [`thresholds were ${JSON.stringify(old)}, are ${JSON.stringify(now)}`];
}

function otherDifferences(planned: RunRecord, present: RunRecord): string[] {
  try {
    goOnFrom(planned, present, false);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof BowerbirdError) || codeOf(thrown) !== 'BB_RUN_CHANGED') throw thrown;
    return thrown.fields['differences'] as string[];
  }
}
