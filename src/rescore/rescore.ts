import { join } from 'node:path';
import type { BowerbirdError } from '../base/errors.ts';
import { removeQuietly, temporaryPath } from '../base/files.ts';
import { unlessClosing } from '../runs/closing.ts';
import { finishRun, type RunOutcome } from '../runs/finish.ts';
import { listHeadNotes } from '../runs/head-record.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { rejudgeShards } from '../runs/rejudge.ts';
import { RunPlace } from '../runs/run-place.ts';
import { endSession, type RunRecord, writeRunRecord } from '../runs/run-record.ts';
import { sortShards } from '../runs/sort-shards.ts';
import type { ShardStats } from '../runs/stats.ts';
import type { FailureReason } from '../samples/reasons.ts';
import { TAGS } from '../samples/tags.ts';
import { createFilter } from '../scores/filter.ts';
import { filterOptions } from '../scores/thresholds.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { type BadFile, withWayOn } from '../tables/bad-files.ts';
import { type DuckDBInstance, openDuckDb } from '../tables/duckdb.ts';
import { registerSampleHash } from '../tables/hash-function.ts';
import { localPath } from '../tables/remote/remote-files.ts';
import type { Block, BlockResult } from './block-scorer.ts';
import { checkFit, requiresUnitNorm } from './checks.ts';
import { type CommitTools, commitScored } from './commit.ts';
import type { RescoreConfig } from './config.ts';
import { withRowsHere } from './elsewhere.ts';
import { type ColumnHead, labelledColumns, loadHeads, spreadColumns } from './head-set.ts';
import { unpackEmbeddings } from './parquet-embeddings.ts';
import { isBadFile, planRescore, type RescorePlan } from './plan.ts';
import { checkProvenance, inputProvenance } from './provenance.ts';
import { describeRescore, goOn, thresholdsOf } from './record.ts';
import { ResultLanes } from './result-lanes.ts';
import { ScoringThreads } from './scoring-threads.ts';

/** How a run over stored embeddings ended, and what it passed over. */
export interface RescoreOutcome {
  readonly outcome: RunOutcome;
  readonly badFiles: readonly BadFile[];
}

/** What a run works with. */
interface Run {
  readonly config: RescoreConfig;
  readonly plan: RescorePlan;
  readonly heads: readonly ColumnHead[];
  readonly tools: CommitTools;
  readonly progress: ScoreProgress;
  readonly closing: AbortSignal;
  readonly badFiles: BadFile[];
}

/** Rows that go to a thread at a time. Sums are merged block by block, so the number decides their last bits. */
const BLOCK_ROWS = 65_536;
/** Shards that may be open beside those that are being scored: their tags are being written. */
const MAX_WRITING_SHARDS = 3;

/**
 * Scores stored embeddings: one shard for each .npy file, nothing downloaded. Otherwise as `runScore`.
 *
 * @param closing when it aborts, no new shard is begun; those in flight are finished and committed
 * @throws BowerbirdError before any work for bad input, heads or a changed run; later for disks and broken files
 */
export async function runRescore(
  config: RescoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<RescoreOutcome> {
  const place = await RunPlace.take(config, progress);
  try {
    const { memoryLimitMb } = config;
    const instance = await openDuckDb({ memoryLimitMb, temporaryFolder: place.folder.staging });
    try {
      await registerSampleHash(instance);
      const result = await runInPlace(config, place, instance, { progress, closing });
      if (result.outcome.state !== 'done') return result;
      return { ...result, outcome: { ...result.outcome, folder: await place.publish() } };
    } finally {
      instance.closeSync();
    }
  } finally {
    await place.release();
  }
}

async function runInPlace(
  config: RescoreConfig,
  place: RunPlace,
  instance: DuckDBInstance,
  { progress, closing }: Pick<Run, 'progress' | 'closing'>,
): Promise<RescoreOutcome> {
  const { folder } = place;
  progress.enter('loading');
  const heads = await loadHeads(config.heads);
  progress.enter('planning');
  // The places of an overwrite's inputs are those of a fresh run.
  const kept = place.isOverwrite ? undefined : place.existing;
  const planning = planRescore(instance, config, kept, (message) => progress.note(message));
  const plan = await unlessClosing(planning, closing);
  checkFit(heads, plan, config.normalise);
  const mixNotes = checkProvenance(heads, plan, config);
  const thresholds = thresholdsOf(config, plan);
  const present = describeRescore(config, plan, heads, thresholds);
  const isExtension = config.incrementalMode === 'extend';
  const record = await place.startRecord((existing) => goOn(existing, present, folder, isExtension));
  await folder.create({});
  await folder.removeTemporaries();
  await writeRunRecord(folder.runRecord, record);
  for (const note of [
    ...listHeadNotes(record.heads, record.encoder.digest, record.thresholds.min_aesthetic),
    ...mixNotes,
  ])
    progress.note(note);
  for (const { message } of plan.badFiles) progress.note(`Passed over: ${message}`);
  const labelled = labelledColumns(heads);
  const spreads = spreadColumns(heads).map(({ name }) => name);
  const columns = [...heads.map(({ column }) => column), ...spreads];
  const extraColumns = [
    ...config.heads.flatMap(({ tag, column }) => (tag ? [] : [column])),
    ...labelled.map(({ name }) => name),
    ...spreads,
  ];
  const tags = TAGS.filter((tag) => columns.includes(tag) || plan.columns[tag] !== undefined);
  const tools: CommitTools = {
    ...{ instance, folder, plan, lock: place.lock, columns, labelled, extraColumns },
    lanes: new ResultLanes(tags, extraColumns),
    filter: createFilter(filterOptions(thresholds)),
    recomputeTags: config.recomputeTags,
    provenanceOf: (input) => inputProvenance(heads, input, config.recomputeTags),
    thresholds,
    scoresOnly: config.scoresOnly,
    scoreThreads: config.scoreThreads,
  };
  const badFiles = [...plan.badFiles];
  return finish({ config, plan, heads, tools, progress, closing, badFiles }, record);
}

async function finish(run: Run, started: RunRecord): Promise<RescoreOutcome> {
  const { plan, heads, tools, progress, closing, badFiles } = run;
  const { folder, lock, thresholds } = tools;
  const sorted = await sortShards(plan.shards, { folder, thresholds, progress });
  const wanted = sorted.wanted.map(({ spec }) => spec);
  const { memoryLimitMb } = run.config;
  await rejudgeShards(sorted.judgedOtherwise, { folder, lock, thresholds, memoryLimitMb, progress, closing });
  progress.enter('scoring');
  const skipped = closing.aborted
    ? 'interrupted'
    : wanted.length === 0
      ? new Set<number>()
      : await scoreAll(run, wanted);
  if (skipped === 'interrupted') {
    const record = endSession(started, 'interrupted');
    await writeRunRecord(folder.runRecord, record);
    return { outcome: { state: 'interrupted', folder, record }, badFiles };
  }
  progress.enter('merging');
  const shards = plan.shards.filter(({ id }) => !skipped.has(id));
  const { record, merged } = await finishRun(started, {
    ...{ folder, lock, shards, dimension: plan.dimension },
    aestheticHead: heads.find(({ column }) => column === 'aesthetic')?.head,
  });
  return { outcome: { state: 'done', folder, record, merged }, badFiles };
}

/** Does the wanted shards, several at a time; gives the ids of those that were passed over. */
async function scoreAll(run: Run, wanted: readonly ShardSpec[]): Promise<Set<number> | 'interrupted'> {
  const { config, heads, progress, closing } = run;
  const skipped = new Set<number>();
  const threads = new ScoringThreads(config.scoreThreads, {
    pins: config.heads.map((source, i) => ({ ...source, digest: heads[i]!.head.digest })),
    bucketHead: heads.findIndex(({ column }) => column === 'aesthetic'),
    requireUnitNorm: requiresUnitNorm(heads) || config.normalise,
    normalise: config.normalise,
  });
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for (const spec of wanted) {
      if (closing.aborted || failures.length > 0) break;
      const job: Promise<void> = scoreShard(run, threads, spec)
        .then((stats) => countShard(progress, stats))
        .catch((thrown: unknown) => {
          if (!isBadFile(thrown) || !config.skipBadFiles) failures.push(thrown);
          else skipped.add(passOver(run, spec, thrown));
        })
        .finally(() => open.delete(job));
      open.add(job);
      if (open.size >= config.scoreThreads + MAX_WRITING_SHARDS) await Promise.race(open);
    }
    await Promise.all(open);
  } finally {
    await threads.stop();
  }
  if (failures.length > 0) throw isBadFile(failures[0]) ? withWayOn(failures[0]) : failures[0];
  const left = wanted.length - skipped.size;
  return closing.aborted && progress.finishedShards < progress.totalShards - skipped.size && left > 0
    ? 'interrupted'
    : skipped;
}

function passOver({ badFiles, progress }: Run, spec: ShardSpec, error: BowerbirdError): number {
  badFiles.push({ path: String(error.fields['path']), message: error.message });
  progress.note(`Passed over: ${error.message}`);
  return spec.id;
}

async function scoreShard(
  { plan, tools }: Run,
  threads: ScoringThreads,
  spec: ShardSpec,
): Promise<ShardStats> {
  const input = plan.inputs[spec.inputIndex]!;
  const { embeddings, layout, column } = input;
  const startedAtMs = Date.now();
  const { instance, folder } = tools;
  const unpacked = temporaryPath(join(folder.staging, `${spec.id}.rows`));
  try {
    return await withRowsHere(
      () => instance.connect(),
      input,
      async () => {
        if (column !== undefined) await unpackEmbeddings(instance, embeddings, { column, layout }, unpacked);
        const path = column === undefined ? localPath(embeddings) : unpacked;
        const blocks = cutBlocks({ path, layout, firstRow: 0, rowCount: spec.rowCount });
        const results = await allOf(blocks.map((block) => threads.score(block)));
        const scoringMs = results.reduce((sum, { tookMs }) => sum + tookMs, 0);
        return commitScored({ spec, blocks: results, startedAtMs, scoringMs }, tools);
      },
    );
  } finally {
    await removeQuietly(unpacked);
  }
}

function cutBlocks({ rowCount, ...block }: Block): Block[] {
  const count = Math.ceil(rowCount / BLOCK_ROWS);
  return Array.from({ length: count }, (_, i) => {
    const firstRow = i * BLOCK_ROWS;
    return { ...block, firstRow, rowCount: Math.min(BLOCK_ROWS, rowCount - firstRow) };
  });
}

/** All results, or the first failure once all have ended: nothing goes on behind a shard that is given up. */
async function allOf(blocks: readonly Promise<BlockResult>[]): Promise<BlockResult[]> {
  const settled = await Promise.allSettled(blocks);
  return settled.map((block) => {
    if (block.status === 'rejected') throw block.reason;
    return block.value;
  });
}

function countShard(progress: ScoreProgress, stats: ShardStats): void {
  progress.finishedShards++;
  progress.succeeded += stats.successes;
  progress.kept += stats.kept;
  for (const [reason, count] of Object.entries(stats.reasons)) {
    progress.failed += count;
    progress.reasons[reason as FailureReason] = (progress.reasons[reason as FailureReason] ?? 0) + count;
  }
}
