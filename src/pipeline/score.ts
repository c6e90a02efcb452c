import { codeOf } from '../base/errors.ts';
import { checkNetwork } from '../download/network-notes.ts';
import { unlessClosing } from '../runs/closing.ts';
import { finishRun, type RunOutcome } from '../runs/finish.ts';
import { listHeadNotes } from '../runs/head-record.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { rejudgeShards } from '../runs/rejudge.ts';
import { describeTally } from '../runs/retry-tally.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import { RunPlace } from '../runs/run-place.ts';
import { endSession, type RunRecord, writeRunRecord } from '../runs/run-record.ts';
import { sortShards } from '../runs/sort-shards.ts';
import { otherVersions } from '../runs/versions.ts';
import { resolveThresholds } from '../scores/thresholds.ts';
import type { ScoreConfig } from './config.ts';
import { loadModels } from './models.ts';
import { planScore } from './planning.ts';
import { recordOf } from './record.ts';
import type { ScoreFacts } from './score-facts.ts';
import { type ScoreRun, scoreShards } from './score-shards.ts';

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
    const outcome = await runInPlace(config, { place, progress, closing });
    return outcome.state === 'done' ? { ...outcome, folder: await place.publish() } : outcome;
  } finally {
    await place.release();
  }
}

async function runInPlace(config: ScoreConfig, run: ScoreRun): Promise<RunOutcome> {
  const { place, progress, closing } = run;
  for (const note of checkNetwork(config.download, process.env)) progress.note(note);
  progress.enter('planning');
  const plan = await unlessClosing(planScore(config, place.folder, place.existing, progress), closing);
  progress.enter('loading');
  const models = await unlessClosing(loadModels(config, progress, closing), closing);
  try {
    return await runLoaded({ config, plan, thresholds: resolveThresholds(config, plan), ...models }, run);
  } finally {
    await Promise.all([models.encoder, models.decoder, ...models.tagModels].map((part) => part.stop()));
  }
}

/** A run whose inputs are known and whose models are there: begins its record, and ends it. */
async function runLoaded(facts: ScoreFacts, run: ScoreRun): Promise<RunOutcome> {
  const { config, plan, encoder, heads } = facts;
  const { place, progress } = run;
  const { folder, lock } = place;
  const record = await place.startRecord(async (earlier) => startRecord(facts, earlier));
  for (const note of listHeadNotes(record.heads, record.encoder.digest, record.thresholds.min_aesthetic))
    progress.note(note);
  const others = otherVersions(record);
  if (others.length > 0)
    progress.note(
      `This run was begun with bowerbird ${others.join(', ')} and goes on with ${record.bowerbird_version}: shards of one may differ from those of another. run.json says which versions have worked on it; --incremental-mode overwrite does all of it anew.`,
    );
  await folder.create(config);
  await folder.removeTemporaries();
  await writeRunRecord(folder.runRecord, record);
  const state = await doShards(facts, run).catch(async (thrown: unknown) => {
    if (codeOf(thrown) === 'BB_INTERRUPTED')
      await writeRunRecord(folder.runRecord, endSession(record, 'interrupted'));
    throw thrown;
  });
  if (config.retry) progress.note(describeTally(progress.retried));
  if (state === 'interrupted') {
    const ended = endSession(record, 'interrupted');
    await writeRunRecord(folder.runRecord, ended);
    return { state: 'interrupted', folder, record: ended };
  }
  progress.enter('merging');
  const finish = { folder, lock, shards: plan.shards, dimension: encoder.dimension };
  const finished = await finishRun(record, { ...finish, aestheticHead: heads.aesthetic });
  return { state: 'done', folder, ...finished };
}

/** Judges finished shards anew where the thresholds have changed, and scores those that are not done. */
async function doShards(facts: ScoreFacts, run: ScoreRun): Promise<'done' | 'interrupted'> {
  const { config, plan, thresholds } = facts;
  const { progress, closing } = run;
  const { folder, lock } = run.place;
  const { retry } = config;
  const sorted = await sortShards(plan.shards, { folder, thresholds, retry, progress });
  const { memoryLimitMb } = config.resources;
  await rejudgeShards(sorted.judgedOtherwise, {
    ...{ folder, lock, thresholds, memoryLimitMb, progress, closing },
    savedSettings: config.savedImages?.settings,
  });
  progress.enter('scoring');
  if (closing.aborted) return 'interrupted';
  return sorted.wanted.length === 0 ? 'done' : scoreShards(facts, run, sorted.wanted);
}

function startRecord(facts: ScoreFacts, existing: RunRecord | undefined): RunRecord {
  return goOnFrom(existing, recordOf(facts), facts.config.incrementalMode === 'extend');
}
