import { BowerbirdError, codeOf } from '../base/errors.ts';
import { readFinishedShard } from '../runs/finished-shard.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { sameThresholds } from '../scores/thresholds.ts';
import { SharedRun } from './shared-run.ts';

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

/**
 * Refuses to plan a run of one process that was ended while it judged its shards anew: run.json has the new thresholds by then, and workers cannot judge. Looks at the
 * shards that lie in the folder: such a process works in one of this machine.
 *
 * @throws BowerbirdError BB_RUN_CHANGED
 */
export async function refuseHalfJudged(
  folder: RunFolder,
  { thresholds }: Pick<RunRecord, 'thresholds'>,
): Promise<void> {
  let others = 0;
  for (const id of await new SharedRun(folder.path).committedIds()) {
    const judgedBy = (await readFinishedShard(folder.stats(id), id))?.thresholds;
    if (judgedBy && !sameThresholds(judgedBy, thresholds)) others++;
  }
  if (others === 0) return;
  throw new BowerbirdError(
    'BB_RUN_CHANGED',
    `${folder.publishedPath} holds ${others} finished shards that are judged by other thresholds than its run.json has: a process was ended while it judged them anew, which workers cannot do. ` +
      'Run `bowerbird score` with the same inputs and flags on this --output-folder: it judges these shards first, and downloads nothing of them again. Then plan, or let it do the rest.',
    { fields: { differences: [`thresholds of ${others} finished shards`] } },
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
