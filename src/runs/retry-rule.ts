import { type FailureReason, passesOf, REASONS } from '../samples/reasons.ts';
import type { ShardStats } from './stats.ts';

/** Which failed rows of finished shards are tried again. */
export interface RetryRule {
  /** Rows that failed for one of these. */
  readonly reasons: ReadonlySet<FailureReason>;
  /** Of shards that ended at least so long ago, in ms. */
  readonly minAgeMs: number;
}

/** The reasons of failures that may have passed when a run is started again. */
export const RETRIED_BY_DEFAULT: ReadonlySet<FailureReason> = new Set(
  (Object.keys(REASONS) as FailureReason[]).filter((reason) => passesOf(reason) !== 'never'),
);

/** What a rule makes of the failed rows of finished shards, by reason. */
export interface RetryPlan {
  /** They are tried again. */
  readonly tried: Record<string, number>;
  /** Their reasons are not asked for. */
  readonly leftForReason: Record<string, number>;
  /** Their shards ended too recently. */
  leftForAge: number;
}

/** Rows of a finished shard that the rule has tried again; what becomes of its failed rows is noted in the plan. */
export function planRetry(
  stats: Pick<ShardStats, 'reasons' | 'end_time'>,
  rule: RetryRule,
  { plan, nowMs }: { readonly plan: RetryPlan; readonly nowMs: number },
): number {
  const isOld = nowMs - 1000 * stats.end_time >= rule.minAgeMs;
  let tried = 0;
  for (const [reason, rows] of Object.entries(stats.reasons) as [FailureReason, number][]) {
    const isAsked = rule.reasons.has(reason);
    if (isAsked && !isOld) {
      plan.leftForAge += rows;
      continue;
    }
    const into = isAsked ? plan.tried : plan.leftForReason;
    into[reason] = (into[reason] ?? 0) + rows;
    if (isAsked) tried += rows;
  }
  return tried;
}

/** What is done about failed rows, for whoever asked for it. */
export function describePlan({ tried, leftForReason, leftForAge }: RetryPlan): string {
  const left = [
    ...(isEmpty(leftForReason)
      ? []
      : [`left for their reasons (--retry-reasons): ${listRows(leftForReason)}`]),
    ...(leftForAge > 0 ? [`left for the age of their shards (--retry-after-days): ${leftForAge}`] : []),
  ];
  if (isEmpty(tried) && left.length === 0) return 'No row of a finished shard has failed.';
  const again = `Failed rows of finished shards that are tried again: ${isEmpty(tried) ? 'none' : listRows(tried)}`;
  return `${[again, ...left].join('; ')}.`;
}

function isEmpty(counts: Readonly<Record<string, number>>): boolean {
  return Object.keys(counts).length === 0;
}

/** `timed_out 50, dns_failed 3` */
function listRows(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, rows]) => `${reason} ${rows}`).join(', ');
}
