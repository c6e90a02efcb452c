import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { table } from '../support/table.ts';
import { type Estimate, estimate } from '../support/turns.ts';
import type { Contest, MissingContest } from './bench.ts';

/** What rounds of a contest gave. */
export interface MeasuredContest {
  readonly contest: Contest;
  /** Figures of each round. */
  readonly ours: readonly number[];
  /** Of the same rounds; empty where there is no peer. */
  readonly theirs: readonly number[];
}

/** A row of the table. */
export type Row = MeasuredContest | MissingContest;

const GIBIBYTE = 2 ** 30;
const INTRODUCTION = `# Performance

Written by \`npm run bench:performance\` ([bench/README.md](../bench/README.md#all-in-one-table) says how). Every row is of
one run on one machine: bowerbird and whoever does the same work took turns, and the ratio is that of their CPU time (user and
system, all threads and processes) in the same round. Less is better. A figure is the median of the rounds, in brackets the interval in which the
median lies with a probability of 95 % (of fewer than six rounds: the extremes). Rounds went on until the interval of the ratio was narrower than 5 % of it, or their number was up: a row with a
wide interval says less. Where a goal has no peer it is a figure.`;

/** The ratios of the rounds; our own figures where there is no peer. */
export function judgedFigures({ ours, theirs }: Pick<MeasuredContest, 'ours' | 'theirs'>): number[] {
  return ours.map((figure, round) => (theirs.length > 0 ? figure / theirs[round]! : figure));
}

/** The whole page. */
export function describePerformance(rows: readonly Row[], machine: readonly string[]): string {
  return `${INTRODUCTION}\n\n${machine.map((line) => `- ${line}`).join('\n')}\n\n${rowsTable(rows)}\n`;
}

/** The table of rows that were measured, and below it what was not. */
export function rowsTable(rows: readonly Row[]): string {
  const measured = rows.filter((row) => 'contest' in row);
  const missing = rows.filter((row) => 'missing' in row);
  const head = [
    'work',
    'unit',
    'bowerbird',
    'peer',
    'its figure',
    'ours to its',
    'rounds',
    'goal, at most',
    'goal',
  ];
  const left = missing.map(({ what, missing: why }) => `- ${what}: ${why}`);
  return [
    table(head, measured.map(cellsOf)),
    ...(left.length > 0 ? [`Not measured:\n\n${left.join('\n')}`] : []),
  ].join('\n\n');
}

function cellsOf({ contest, ours, theirs }: MeasuredContest): string[] {
  const { what, unit, peer, goal } = contest;
  const judged = estimate(judgedFigures({ ours, theirs }));
  return [
    ...[what, unit, show(estimate(ours))],
    ...(peer ? [peer.name, show(estimate(theirs)), show(judged)] : ['', '', '']),
    ...[String(ours.length), goal === undefined ? '' : goal.toFixed(2), verdict(judged, goal)],
  ];
}

/** A goal within the interval is neither met nor missed for sure. */
function verdict({ median, low, high }: Estimate, goal: number | undefined): string {
  if (goal === undefined) return 'none set';
  const isSure = high <= goal || low > goal;
  return `${median <= goal ? 'met' : 'missed'}${isSure ? '' : ', within the interval'}`;
}

function show({ median, low, high }: Estimate): string {
  return `${digits(median)} (${digits(low)} to ${digits(high)})`;
}

/** Three digits that mean something. */
function digits(value: number): string {
  const places = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.max(0, Math.min(6, places)));
}

/** What the figures are of. @param nodeCpuSeconds that Node takes to start and end @param peers what else took part, with its version */
export function describeMachine(
  loadBefore: number,
  nodeCpuSeconds: number,
  peers: readonly string[],
): string[] {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / GIBIBYTE)} GiB of memory`;
  const load = [loadBefore, loadavg()[0]!].map((value) => value.toFixed(1));
  return [
    `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, ${memory}, ${type()} ${release()}, Node ${process.versions.node}`,
    `load of the machine over the last minute: ${load[0]} before, ${load[1]} after`,
    `Node itself, which every command has in its figure: ${nodeCpuSeconds.toFixed(2)} CPU-s from start to end`,
    `peers: ${peers.join(', ')}`,
  ];
}
