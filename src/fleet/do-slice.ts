import { backendOf } from './backend-of.ts';
import { shardsInReplacement } from './replaced-shards.ts';
import { SharedRun } from './shared-run.ts';
import { type Slice, shardsOf } from './slice.ts';
import { Worker, type WorkerOptions, type WorkReport } from './worker.ts';

/** A worker's report, and how the whole plan stands then. */
export interface SliceReport extends WorkReport {
  /** Shards that nobody has committed. */
  readonly open: number;
  /** Finished shards, by their numbers, that are partly old and partly new: a process replaces them, or was ended in that. */
  readonly replacing: readonly number[];
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
  const committed = await new SharedRun(backend).countCommitted();
  const replacing = await shardsInReplacement(backend);
  return { ...report, open: options.planned.plan.shards.length - committed, replacing };
}
