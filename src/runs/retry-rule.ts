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
  readonly leftForAge: Record<string, number>;
  /** When the first of those shards is old enough, in ms since 1970; infinite where there is none. */
  oldEnoughAtMs: number;
}

/** A plan before the first shard. */
export function emptyPlan(): RetryPlan {
  return { tried: {}, leftForReason: {}, leftForAge: {}, oldEnoughAtMs: Number.POSITIVE_INFINITY };
}

/** Rows of a finished shard that the rule has tried again; what becomes of its failed rows is noted in the plan. */
export function planRetry(
  stats: Pick<ShardStats, 'reasons' | 'end_time'>,
  rule: RetryRule,
  { plan, nowMs }: { readonly plan: RetryPlan; readonly nowMs: number },
): number {
  const oldEnoughAtMs = 1000 * stats.end_time + rule.minAgeMs;
  const isOld = nowMs >= oldEnoughAtMs;
  let tried = 0;
  for (const [reason, rows] of Object.entries(stats.reasons) as [FailureReason, number][]) {
    const isAsked = rule.reasons.has(reason);
    const asked = isOld ? plan.tried : plan.leftForAge;
    const into = isAsked ? asked : plan.leftForReason;
    into[reason] = (into[reason] ?? 0) + rows;
    if (isAsked && isOld) tried += rows;
    if (isAsked && !isOld) plan.oldEnoughAtMs = Math.min(plan.oldEnoughAtMs, oldEnoughAtMs);
  }
  return tried;
}

/** What is done about failed rows, for whoever asked for it. */
export function describePlan({ tried, leftForReason, leftForAge, oldEnoughAtMs }: RetryPlan): string {
  const left = [
    ...(isEmpty(leftForReason)
      ? []
      : [`left for their reasons (--retry-reasons): ${listRows(leftForReason)}`]),
    ...(isEmpty(leftForAge)
      ? []
      : [
          `left for the age of their shards (--retry-after-days): ${listRows(leftForAge)}`,
          `the first of these shards is old enough at ${secondOf(oldEnoughAtMs)}`,
        ]),
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

/** `2026-03-01T12:00:00Z`: the first whole second at which it is so. */
function secondOf(ms: number): string {
  return new Date(1000 * Math.ceil(ms / 1000)).toISOString().replace('.000', '');
}
