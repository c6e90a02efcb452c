import { unlessClosing } from '../runs/closing.ts';
import { finishRun, type RunOutcome } from '../runs/finish.ts';
import { listHeadNotes } from '../runs/head-record.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { rejudgeShards } from '../runs/rejudge.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { RunPlace } from '../runs/run-place.ts';
import { describeRun, endSession, type RunRecord, writeRunRecord } from '../runs/run-record.ts';
import { readFinishedShard, type ShardStats } from '../runs/stats.ts';
import { resolveThresholds, sameThresholds } from '../scores/thresholds.ts';
import { resultSettings, type ScoreConfig } from './config.ts';
import { loadModels } from './models.ts';
import { planScore } from './planning.ts';
import { type ScoreFacts, scoreShards, type WantedShard } from './score-shards.ts';

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
): Promise<RunOutcome> {
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
): Promise<RunOutcome> {
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
    const facts: ScoreFacts = { config, plan, thresholds: resolveThresholds(config, plan), ...models };
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

function startRecord(facts: ScoreFacts, existing: RunRecord | undefined): RunRecord {
  const { config, plan, thresholds, encoder, encoderFiles, heads } = facts;
  const present = describeRun({
    settings: resultSettings(config),
    commandLine: config.commandLine,
    plan,
    thresholds,
    encoder: {
      name: encoderFiles.name,
      description: encoderFiles.manifest.description,
      digest: encoderFiles.digest,
      dimension: encoder.dimension,
      provider: encoder.provider,
      batch_invariant: encoder.batchInvariant,
    },
    heads,
  });
  return goOnFrom(existing, present, config.incrementalMode === 'extend');
}

interface SortedShards {
  /** Still to do, or to do again in part. */
  readonly wanted: readonly WantedShard[];
  /** Finished, with verdicts by other thresholds. */
  readonly judgedOtherwise: readonly ShardStats[];
}

/** What is to do with which shard; what earlier runs finished goes into the progress. */
async function sortShards(
  { config, plan, thresholds }: ScoreFacts,
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
  facts: ScoreFacts,
  place: RunPlace,
  wanted: readonly WantedShard[],
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<'done' | 'interrupted'> | 'done' | 'interrupted' {
  if (closing.aborted) return 'interrupted';
  return wanted.length === 0 ? 'done' : scoreShards(facts, place, wanted, progress, closing);
}
