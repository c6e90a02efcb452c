import { activeSecondsOf } from './charts/timeline.ts';

import { formatDuration, formatShare } from './format.ts';
import type { ReportPace, StageNumbers } from './report-data.ts';

/** How much work a stage had. */
export interface StageLoad {
  readonly stage: keyof StageNumbers;
  /** The share of the stage's places that were busy on average, 0 to 1; null where the number of places is unknown. */
  readonly busyShare: number | null;
  /** How much of the stage's work went on side by side, on average. */
  readonly atOnce: number;
  readonly secondsPerRow: number;
}

const STAGES = ['download', 'decode', 'embed', 'tag'] as const;

/** Sums the stages over all shards. `activeSeconds` is the time in which the run was at work. */
export function stageLoads(paces: readonly ReportPace[], activeSeconds: number): StageLoad[] {
  const rows = paces.reduce((sum, pace) => sum + pace.rows, 0);
  const workers = pacesByWorker(paces);
  const present = STAGES.filter((stage) => paces.some((pace) => pace.stageSeconds[stage] !== undefined));
  return present.map((stage) => {
    const seconds = paces.reduce((sum, pace) => sum + (pace.stageSeconds[stage] ?? 0), 0);
    const places = sumOfPlaces(stage, workers);
    return {
      stage,
      busyShare: places === null ? null : Math.min(1, seconds / places),
      atOnce: seconds / activeSeconds,
      secondsPerRow: rows > 0 ? seconds / rows : 0,
    };
  });
}

/** Each process has places of its own, for as long as it was at work. */
function pacesByWorker(paces: readonly ReportPace[]): ReportPace[][] {
  const workers = new Map<string | undefined, ReportPace[]>();
  for (const pace of paces) {
    const own = workers.get(pace.worker);
    if (own) own.push(pace);
    else workers.set(pace.worker, [pace]);
  }
  return [...workers.values()];
}

/** Seconds that the places of a stage were there, all together; null where their number is unknown. */
function sumOfPlaces(stage: keyof StageNumbers, workers: readonly ReportPace[][]): number | null {
  let sum = 0;
  for (const paces of workers) {
    const slots = paces.map((pace) => pace.stageSlots?.[stage] ?? 0);
    if (slots.some((count) => count === 0)) return null;
    sum += Math.max(...slots) * activeSecondsOf(paces);
  }
  return sum;
}

/** A stage that is busy for less than this is not what a run waits for. */
const BOTTLENECK_SHARE = 0.7;

const ADVICE: Readonly<Record<keyof StageNumbers, string>> = {
  download: '--thread-count sets how many.',
  decode: '--processes-count sets how many.',
  embed: '--device sets where it runs.',
  tag: '--device sets where it runs.',
};

/** The stage that held the run up, in words. */
export function describeBottleneck(loads: readonly StageLoad[]): string {
  const worked = loads.filter(({ secondsPerRow }) => secondsPerRow > 0);
  if (worked.length === 0) return 'No stage had any work.';
  return worked.every(({ busyShare }) => busyShare !== null)
    ? describeBusiest(worked)
    : describeLongest(worked);
}

function describeBusiest(loads: readonly StageLoad[]): string {
  const { stage, busyShare } = highest(loads, (load) => load.busyShare ?? 0);
  const share = formatShare(busyShare ?? 0, 1);
  if ((busyShare ?? 0) < BOTTLENECK_SHARE) {
    return `No stage was at its limit: the busiest, ${stage}, had ${share} of its places in use on average.`;
  }
  return `The bottleneck was ${stage}: ${share} of its places were in use on average. ${ADVICE[stage]}`;
}

/** Without the number of places, the time of a row is all that can be compared. */
function describeLongest(loads: readonly StageLoad[]): string {
  const { stage, secondsPerRow } = highest(loads, (load) => load.secondsPerRow);
  const all = loads.reduce((sum, load) => sum + load.secondsPerRow, 0);
  return `A row spent most of its time in ${stage}: ${formatDuration(secondsPerRow)} of ${formatDuration(all)}. ${ADVICE[stage]}`;
}

function highest(loads: readonly StageLoad[], measure: (load: StageLoad) => number): StageLoad {
  return loads.reduce((best, load) => (measure(load) > measure(best) ? load : best));
}
