import { backendOf } from './backend-of.ts';
import { findObstacles, type Obstacles } from './obstacles.ts';
import { shardsInReplacement } from './replaced-shards.ts';
import { ShardRule } from './shard-rule.ts';
import { SharedRun } from './shared-run.ts';
import { type Slice, shardsOf } from './slice.ts';
import { Worker, type WorkerOptions, type WorkReport } from './worker.ts';

/** A worker's report, and how the whole plan stands then. */
export interface SliceReport extends WorkReport, Obstacles {
  /** Shards that nobody has committed. */
  readonly open: number;
}

/**
 * Does the shards of one slice of a plan that nobody has committed yet.
 *
 * @throws as `Worker`
 */
export async function doSlice(options: WorkerOptions, slice: Slice): Promise<SliceReport> {
  const worker = await Worker.start(options);
  let report: WorkReport;
  try {
    report = await worker.doShards(shardsOf(options.planned.plan.shards, slice));
  } finally {
    await worker.stop();
  }
  const backend = backendOf(options.config.outputFolder);
  const open = options.planned.plan.shards.length - (await new SharedRun(backend).countCommitted());
  // A worker that does all has looked at each; of a run that is on its way others look at theirs.
  const obstacles =
    open > 0 || slice.count === 1
      ? { replacing: await shardsInReplacement(backend), damaged: [] }
      : await findObstacles(backend, new ShardRule(options.planned));
  return { ...report, open, ...obstacles };
}
