import type { Interval } from '../metrics/bootstrap.ts';
import type { RunPlan } from '../shards/plan.ts';
import type { Figure } from './figures.ts';
import type { Measured } from './measured.ts';
import { requestsOfShard, type ShardRequests } from './requests.ts';

/** Dollars, as far as somebody has given them; nothing is assumed. */
export interface Prices {
  readonly machineHour?: number;
  readonly egressGb?: number;
  readonly thousandPuts?: number;
}

/** What all of a run would take. */
export interface Forecast {
  readonly machines: number;
  /** Machines that have a shard to do. */
  readonly machinesUsed: number;
  /** Of the machine with the most rows, its start included. */
  readonly hours: Figure;
  readonly machineHours: Figure;
  readonly cpuHours: Figure | undefined;
  readonly downloadedBytes: Figure;
  readonly outputBytes: Figure;
  /** Of disk on each machine beside the output. */
  readonly temporaryBytes: number;
  readonly requests: ShardRequests;
  /** What leaves a store of objects: the inputs, and the output, fetched once. */
  readonly egressBytes: { readonly inputs: number; readonly output: Figure };
  /** Of what there is a price for. */
  readonly dollars: Dollars;
}

/** A line for each price that was given, and their sum; null where none was. */
export interface Dollars {
  readonly machines?: Figure;
  readonly egress?: Figure;
  readonly puts?: number;
  readonly total: Figure | null;
}

const SECONDS_PER_HOUR = 3600;
const GB = 1e9;
/** Shards that are open on a machine at one time: `score` opens more until so many rows are in its window, within these bounds. */
const OPEN_SHARDS = { least: 3, most: 16, rows: 32_768 } as const;
/** The report shows pictures of so many shards at most. */
const PICTURED_SHARDS = 64;

/** @param savesImages whether images are gathered on disk while a shard is open */
export function forecast(
  {
    plan,
    sample,
    savesImages,
  }: { readonly plan: RunPlan; readonly sample: Measured; readonly savesImages: boolean },
  { machines, prices }: { readonly machines: number; readonly prices: Prices },
): Forecast {
  const { rowCount, shards } = plan;
  const { perRow, files, startupSeconds } = sample;
  const machinesUsed = Math.min(machines, shards.length);
  const hoursOf = (rows: number, starts: number): Figure =>
    map(perRow.seconds, (seconds) => (seconds * rows + startupSeconds * starts) / SECONDS_PER_HOUR);
  const machineHours = hoursOf(rowCount, machinesUsed);
  const pictures = files.picturesBytes * Math.min(PICTURED_SHARDS, shards.length);
  const perShard = files.rowFiles.bytesPerShard + files.fixedBytesPerShard;
  const outputBytes = map(
    files.rowFiles.bytesPerRow,
    (bytes) => bytes * rowCount + perShard * shards.length + pictures,
  );
  const each = requestsOfShard(files.count, bytesOfShard(plan, sample));
  const requests = {
    puts: each.puts * shards.length,
    gets: each.gets * shards.length,
    deletes: each.deletes * shards.length,
  };
  const inputs = inputBytes(plan);
  return {
    machines,
    machinesUsed,
    hours: hoursOf(mostRows(plan, machinesUsed), 1),
    machineHours,
    cpuHours: perRow.cpuSeconds && map(perRow.cpuSeconds, (cpu) => (cpu * rowCount) / SECONDS_PER_HOUR),
    downloadedBytes: map(sample.imageBytesPerRow, (bytes) => bytes * rowCount),
    outputBytes,
    temporaryBytes: temporaryBytes(plan, sample, savesImages),
    requests,
    egressBytes: { inputs, output: outputBytes },
    dollars: dollars(prices, { machineHours, inputs, outputBytes, puts: requests.puts }),
  };
}

/** What leaves storage of the inputs: an archive elsewhere is read as it is listed, and once more for its images. */
function inputBytes({ inputs }: RunPlan): number {
  return inputs.reduce(
    (sum, { sizeBytes, archiveTag }) => sum + sizeBytes * (archiveTag === undefined ? 1 : 2),
    0,
  );
}

/** Rows of the largest of so many slices: every N-th shard is one's, as in `score --task-index`. */
function mostRows({ shards }: RunPlan, machines: number): number {
  const rows = new Float64Array(machines);
  for (const [place, { rowCount }] of shards.entries()) rows[place % machines]! += rowCount;
  return rows.reduce((most, each) => Math.max(most, each), 0);
}

/**
 * What a machine needs beside the output: the staged inputs, the files of a shard that is being committed, and where
 * images are saved those of all open shards.
 */
function temporaryBytes(plan: RunPlan, sample: Measured, savesImages: boolean): number {
  const { stagedBytes } = sample;
  const { least, most, rows: window } = OPEN_SHARDS;
  const open = Math.min(plan.shards.length, most, Math.max(least, Math.ceil(window / mostRowsOf(plan))));
  return stagedBytes + bytesOfShard(plan, sample) * (savesImages ? 1 + open : 1);
}

/** Of the largest shard, in the files that grow with its rows. */
function bytesOfShard(plan: RunPlan, { files: { rowFiles } }: Measured): number {
  return rowFiles.bytesPerRow.value * mostRowsOf(plan) + rowFiles.bytesPerShard;
}

function mostRowsOf({ shards }: RunPlan): number {
  return shards.reduce((most, { rowCount }) => Math.max(most, rowCount), 0);
}

interface Priced {
  readonly machineHours: Figure;
  readonly inputs: number;
  readonly outputBytes: Figure;
  readonly puts: number;
}

function dollars(
  { machineHour, egressGb, thousandPuts }: Prices,
  { machineHours, inputs, outputBytes, puts }: Priced,
): Dollars {
  const lines = {
    ...(machineHour !== undefined && { machines: map(machineHours, (hours) => hours * machineHour) }),
    ...(egressGb !== undefined && {
      egress: map(outputBytes, (bytes) => ((inputs + bytes) / GB) * egressGb),
    }),
  };
  const priced = thousandPuts === undefined ? undefined : (puts / 1000) * thousandPuts;
  const figures = [
    ...Object.values(lines),
    ...(priced === undefined ? [] : [{ value: priced, interval: { low: priced, high: priced } }]),
  ];
  return {
    ...lines,
    ...(priced !== undefined && { puts: priced }),
    total: figures.length === 0 ? null : sumOf(figures),
  };
}

function map({ value, interval }: Figure, change: (value: number) => number): Figure {
  return {
    value: change(value),
    interval: interval && { low: change(interval.low), high: change(interval.high) },
  };
}

/** All at their lowest, and all at their highest: they need not go together, so it is wider than 95 %. */
function sumOf(figures: readonly Figure[]): Figure {
  const value = figures.reduce((sum, each) => sum + each.value, 0);
  const intervals = figures.map(({ interval }) => interval);
  const isKnown = intervals.every((interval): interval is Interval => interval !== null);
  if (!isKnown) return { value, interval: null };
  return {
    value,
    interval: {
      low: intervals.reduce((sum, { low }) => sum + low, 0),
      high: intervals.reduce((sum, { high }) => sum + high, 0),
    },
  };
}
