import { SharedRun } from './shared-run.ts';
import { type Slice, shardsOf } from './slice.ts';
import { Worker, type WorkerOptions, type WorkReport } from './worker.ts';

/** A worker's report, and how many shards of the whole plan are open then. */
export type SliceReport = WorkReport & { readonly open: number };

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
  const committed = await new SharedRun(options.config.outputFolder).countCommitted();
  return { ...report, open: options.planned.plan.shards.length - committed };
}
