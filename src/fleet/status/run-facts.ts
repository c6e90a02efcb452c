import { BowerbirdError } from '../../base/errors.ts';
import { parseRunRecord } from '../../runs/run-record.ts';
import { cutShards } from '../../shards/cut-shards.ts';
import { readPlan } from '../plan-file.ts';
import type { RunBackend } from '../run-backend.ts';
import { ShardRule } from '../shard-rule.ts';

/** What a run is to do. */
export interface RunFacts {
  readonly shards: number;
  readonly rows: number;
  /** Of each shard by its number; undefined where the run does not say how it was cut. */
  readonly rowsOfShard: readonly number[] | undefined;
  /** Of the plan, where the run has one. */
  readonly digest: string | undefined;
  /** By which its finished shards count, where it has a plan. */
  readonly rule?: ShardRule;
}

/** What a planned run, or one of a single process, is to do. @throws BowerbirdError BB_USAGE where there is neither; BB_PLAN_CORRUPT, BB_RUN_CORRUPT */
export async function readRunFacts(run: RunBackend): Promise<RunFacts> {
  const planned = await readPlan(run.at);
  if (planned) {
    const { plan, digest } = planned;
    const rowsOfShard = plan.shards.map(({ rowCount }) => rowCount);
    return {
      shards: rowsOfShard.length,
      rows: plan.rowCount,
      rowsOfShard,
      digest,
      rule: new ShardRule(planned),
    };
  }
  const text = await run.read('run.json');
  if (text === undefined)
    throw new BowerbirdError(
      'BB_USAGE',
      `${run.at} has no run.json: it is not the folder of a run of \`bowerbird score\`, or its run has not begun yet.`,
      { fields: { path: run.at } },
    );
  const { shards, rows, inputs, settings } = parseRunRecord(text, run.place('run.json'));
  return { shards, rows, digest: undefined, rowsOfShard: cutOf(inputs, settings, shards) };
}

function cutOf(
  inputs: readonly { readonly rows: number }[],
  settings: Readonly<Record<string, unknown>>,
  shards: number,
): number[] | undefined {
  const size = settings['number_sample_per_shard'];
  if (!Number.isSafeInteger(size) || (size as number) < 1) return undefined;
  const cut = cutShards(
    inputs.map(({ rows }) => ({ rowCount: rows })),
    size as number,
  );
  return cut.length === shards ? cut.map(({ rowCount }) => rowCount) : undefined;
}
