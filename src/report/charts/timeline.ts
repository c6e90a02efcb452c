import type { ReportPace } from '../report-data.ts';

/** A step of the timeline: seconds of work since the start, and rows per second. */
export interface TimelineStep {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly rowsPerSecond: number;
}

/** A run's speed over the time in which at least one shard was worked on. */
export interface Timeline {
  readonly activeSeconds: number;
  readonly steps: readonly TimelineStep[];
}

interface Interval {
  readonly start: number;
  end: number;
}

const MAX_STEPS = 120;
const STEPS_PER_SHARD = 2;

/**
 * Rows over time, each shard's spread evenly between its start and its end, as nothing finer is recorded.
 * Pauses between sessions are cut out.
 */
export function timelineOf(paces: readonly ReportPace[]): Timeline {
  const timed = timedOf(paces);
  const active = unionOf(timed);
  const activeSeconds = lengthOf(active);
  if (timed.length === 0) return { activeSeconds: 0, steps: [] };
  const stepCount = Math.min(MAX_STEPS, STEPS_PER_SHARD * timed.length);
  const stepSeconds = activeSeconds / stepCount;
  const rows = new Float64Array(stepCount);
  for (const { rows: count, startSeconds, endSeconds } of timed) {
    const from = activeBefore(active, startSeconds) / stepSeconds;
    const to = activeBefore(active, endSeconds) / stepSeconds;
    for (let step = Math.floor(from); step < Math.min(stepCount, to); step++) {
      rows[step]! += (count * (Math.min(to, step + 1) - Math.max(from, step))) / (to - from);
    }
  }
  const steps = Array.from(rows, (count, step) => ({
    fromSeconds: step * stepSeconds,
    toSeconds: (step + 1) * stepSeconds,
    rowsPerSecond: count / stepSeconds,
  }));
  return { activeSeconds, steps };
}

/** Seconds in which at least one of the shards was worked on. */
export function activeSecondsOf(paces: readonly ReportPace[]): number {
  return lengthOf(unionOf(timedOf(paces)));
}

function timedOf(paces: readonly ReportPace[]): ReportPace[] {
  return paces.filter((pace) => pace.endSeconds > pace.startSeconds);
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

function unionOf(paces: readonly ReportPace[]): Interval[] {
  const union: Interval[] = [];
  for (const { startSeconds, endSeconds } of [...paces].sort((a, b) => a.startSeconds - b.startSeconds)) {
    const last = union.at(-1);
    if (last && startSeconds <= last.end) last.end = Math.max(last.end, endSeconds);
    else union.push({ start: startSeconds, end: endSeconds });
  }
  return union;
}

function activeBefore(active: readonly Interval[], seconds: number): number {
  return active.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(end, seconds) - start), 0);
}
