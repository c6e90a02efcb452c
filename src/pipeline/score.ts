import { unlessClosing } from '../runs/closing.ts';
import type { ScoreConfig } from './config.ts';
import { finishRun } from '../runs/finish.ts';
import { listHeadNotes } from '../runs/head-record.ts';
import type { MergedRun } from '../runs/merge.ts';
import { loadModels } from './models.ts';
import { checkExtension, planScore } from './planning.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { rejudgeShards } from '../runs/rejudge.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { RunPlace } from '../runs/run-place.ts';
import {
  continueRun,
  describeRun,
  endSession,
  type RunFacts,
  type RunRecord,
  writeRunRecord,
} from '../runs/run-record.ts';
import { scoreShards, type WantedShard } from './score-shards.ts';
import { readFinishedShard, type ShardStats } from '../runs/stats.ts';
import { resolveThresholds, sameThresholds } from '../scores/thresholds.ts';

/** How a run ended. An interrupted one has finished what it had begun and goes on when it is started again. */
export type ScoreOutcome =
  | {
      readonly state: 'done';
      readonly folder: RunFolder;
      readonly record: RunRecord;
      readonly merged: MergedRun;
    }
  | { readonly state: 'interrupted'; readonly folder: RunFolder; readonly record: RunRecord };

/**
 * The main job: plans the shards, does those that are not done, merges all, writes the report.
 *
 * @param closing when it aborts, no new shard is begun; those in flight are finished and committed
 * @throws BowerbirdError before any work for bad input, models or a changed run; later for disks and lost encoders
 */
export async function runScore(
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<ScoreOutcome> {
  const place = await RunPlace.take(config, progress);
  try {
    const outcome = await runInPlace(config, place, progress, closing);
    return outcome.state === 'done' ? { ...outcome, folder: await place.publish() } : outcome;
  } finally {
    await place.release();
  }
}

async function runInPlace(
  config: ScoreConfig,
  place: RunPlace,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<ScoreOutcome> {
  const { folder, existing } = place;
  progress.enter('planning');
  const planning = planScore(
    config,
    folder,
    existing,
    (message) => progress.noteNowAndThen(message),
    (message) => progress.note(message),
  );
  const plan = await unlessClosing(planning, closing);
  progress.enter('loading');
  const models = await unlessClosing(loadModels(config, progress), closing);
  try {
    const facts: RunFacts = { config, plan, thresholds: resolveThresholds(config, plan), ...models };
    let record = await place.startRecord(async (earlier) => startRecord(facts, earlier));
    for (const note of listHeadNotes(record.heads, record.encoder.digest)) progress.note(note);
    await folder.create(config.saveEmbeddings);
    await folder.removeTemporaries();
    await writeRunRecord(folder.runRecord, record);
    const { wanted, judgedOtherwise } = await sortShards(facts, folder, progress);
    const { thresholds } = facts;
    const { memoryLimitMb } = config.resources;
    await rejudgeShards(judgedOtherwise, {
      folder,
      lock: place.lock,
      thresholds,
      memoryLimitMb,
      progress,
      closing,
    });
    progress.enter('scoring');
    const state = await scoreUnlessClosing(facts, place, wanted, progress, closing);
    if (state === 'interrupted') {
      record = endSession(record, state);
      await writeRunRecord(folder.runRecord, record);
      return { state, folder, record };
    }
    progress.enter('merging');
    const { encoder, heads } = models;
    const finish = { folder, lock: place.lock, shards: plan.shards, dimension: encoder.dimension };
    return {
      state: 'done',
      folder,
      ...(await finishRun(record, { ...finish, aestheticHead: heads.aesthetic })),
    };
  } finally {
    await Promise.all([models.encoder.stop(), models.decoder.stop()]);
  }
}

function startRecord(facts: RunFacts, existing: RunRecord | undefined): RunRecord {
  const present = describeRun(facts);
  if (!existing) return present;
  if (facts.config.incrementalMode !== 'extend') return continueRun(existing, present);
  checkExtension(existing, facts.plan);
  return continueRun({ ...existing, inputs: present.inputs }, present);
}

interface SortedShards {
  /** Still to do, or to do again in part. */
  readonly wanted: readonly WantedShard[];
  /** Finished, with verdicts by other thresholds. */
  readonly judgedOtherwise: readonly ShardStats[];
}

/** What is to do with which shard; what earlier runs finished goes into the progress. */
async function sortShards(
  { config, plan, thresholds }: RunFacts,
  folder: RunFolder,
  progress: ScoreProgress,
): Promise<SortedShards> {
  const wanted: WantedShard[] = [];
  const judgedOtherwise: ShardStats[] = [];
  for (const spec of plan.shards) {
    progress.totalShards++;
    progress.totalRows += spec.rowCount;
    const stats = await readFinishedShard(folder.stats(spec.id), spec.id);
    if (!stats) {
      wanted.push({ spec });
    } else if (config.retryFailed && stats.successes < stats.count) {
      wanted.push({ spec, finished: stats });
      progress.resumedRows += stats.successes;
    } else {
      progress.resumedRows += stats.count;
      progress.resumedFailures += stats.count - stats.successes;
      if (sameThresholds(stats.thresholds, thresholds)) {
        progress.finishedShards++;
        progress.kept += stats.kept;
      } else {
        judgedOtherwise.push(stats);
      }
    }
  }
  return { wanted, judgedOtherwise };
}

function scoreUnlessClosing(
  facts: RunFacts,
  place: RunPlace,
  wanted: readonly WantedShard[],
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<'done' | 'interrupted'> | 'done' | 'interrupted' {
  if (closing.aborted) return 'interrupted';
  return wanted.length === 0 ? 'done' : scoreShards(facts, place, wanted, progress, closing);
}
