import { rm } from 'node:fs/promises';
import { OutputPlace } from '../base/output-place.ts';
import { unlessClosing } from './closing.ts';
import type { ScoreConfig } from './config.ts';
import { type MergedRun, mergeRun } from './merge.ts';
import { loadModels } from './models.ts';
import { checkExtension, planScore } from './planning.ts';
import type { ScoreProgress } from './progress.ts';
import { rejudgeShards } from './rejudge.ts';
import { writeReport } from './report.ts';
import { RunFolder } from './run-folder.ts';
import {
  continueRun,
  describeRun,
  endSession,
  type RunFacts,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from './run-record.ts';
import { scoreShards, type WantedShard } from './score-shards.ts';
import { readFinishedShard, type ShardStats } from './stats.ts';
import { resolveThresholds, sameThresholds } from './thresholds.ts';

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
  const folder = new RunFolder(config.outputFolder);
  const place = await takeFolder(folder, progress);
  try {
    const outcome = await runLocked(config, folder, progress, closing);
    // Kept until then: a resumed run need not convert its text inputs again.
    if (outcome.state === 'done') await rm(folder.staging, { recursive: true, force: true });
    return outcome;
  } finally {
    await place.release();
  }
}

/**
 * Makes the run folder and takes it for this process.
 *
 * @throws BowerbirdError BB_OUTPUT_FOLDER, BB_DISK_FULL, BB_RUN_LOCKED, BB_RUN_CORRUPT
 */
export function takeFolder(folder: RunFolder, progress: ScoreProgress): Promise<OutputPlace> {
  return OutputPlace.take(folder.path, {
    flag: '--output-folder',
    inPlace: true,
    onWait: (message) => progress.note(message),
  });
}

async function runLocked(
  config: ScoreConfig,
  folder: RunFolder,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<ScoreOutcome> {
  const existing = config.incrementalMode === 'overwrite' ? undefined : await readRunRecord(folder.runRecord);
  if (!existing && config.incrementalMode !== 'overwrite') await folder.refuseOrphans();
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
    let record = startRecord(facts, existing);
    if (config.incrementalMode === 'overwrite') await folder.removeResults();
    await folder.create(config.saveEmbeddings);
    await folder.removeTemporaries();
    await writeRunRecord(folder.runRecord, record);
    const { wanted, judgedOtherwise } = await sortShards(facts, folder, progress);
    const { thresholds } = facts;
    const { memoryLimitMb } = config.resources;
    await rejudgeShards(judgedOtherwise, { folder, thresholds, memoryLimitMb, progress, closing });
    progress.enter('scoring');
    const state = await scoreUnlessClosing(facts, folder, wanted, progress, closing);
    if (state === 'interrupted') {
      record = endSession(record, state);
      await writeRunRecord(folder.runRecord, record);
      return { state, folder, record };
    }
    return await finishRun(record, facts, folder, progress);
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
  folder: RunFolder,
  wanted: readonly WantedShard[],
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<'done' | 'interrupted'> | 'done' | 'interrupted' {
  if (closing.aborted) return 'interrupted';
  return wanted.length === 0 ? 'done' : scoreShards(facts, folder, wanted, progress, closing);
}

async function finishRun(
  started: RunRecord,
  facts: RunFacts,
  folder: RunFolder,
  progress: ScoreProgress,
): Promise<ScoreOutcome> {
  progress.enter('merging');
  const { plan, encoder, heads } = facts;
  const merged = await mergeRun(folder, plan.shards, encoder.dimension, heads.aesthetic);
  const record = endSession(started, 'done');
  await writeReport(folder, record, merged);
  await writeRunRecord(folder.runRecord, record);
  return { state: 'done', folder, record, merged };
}
