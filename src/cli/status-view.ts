import type { RunStatus } from '../fleet/status/run-status.ts';
import type { WorkerStatus } from '../fleet/status/worker-status.ts';
import { aligned } from './aligned-table.ts';
import { formatBytes, formatDuration } from './progress-line.ts';
import { shardNames } from './shard-names.ts';

/** Workers that have ended, and reasons, beyond these are counted. */
const MOST_REASONS = 12;
const MOST_ENDED = 5;

/** A run as it stands, for a person. */
export function describeStatus(status: RunStatus): string {
  return [
    shardLine(status),
    rowLine(status),
    ...damagedLine(status),
    ...replacingLine(status),
    ...queueLine(status),
    ...failureLines(status),
    ...workerLines(status),
  ].join('\n');
}

function shardLine({ state, shards, failed_shards }: RunStatus): string {
  const { all, committed, in_hand, waiting, failed } = shards;
  const share = all === 0 ? 100 : Math.floor((100 * committed) / all);
  return [
    `shards     ${committed} of ${all} committed (${share}%)`,
    ...(in_hand === null ? [] : [`${in_hand} in hand`]),
    `${waiting} open`,
    failed > 0 ? `${failed} failed: ${shardNames(failed_shards)}` : '0 failed',
    ...(state === 'stopped' ? ['nobody is at work'] : []),
  ].join(', ');
}

function rowLine({ rows, rows_per_second, seconds_left, state, shards }: RunStatus): string {
  const rate = rows_per_second === null ? [] : [`${numberOf(rows_per_second)} rows/s`];
  const left = seconds_left === null ? [] : [`ETA ${formatDuration(seconds_left)}`];
  const isWhole = shards.failed === 0;
  const end = state === 'done' ? [isWhole ? 'done' : 'the rest are of failed shards'] : [];
  return [`rows       ${rows.committed} of ${rows.all}`, ...rate, ...left, ...end].join(', ');
}

function damagedLine({ damaged }: RunStatus): string[] {
  if (damaged.length === 0) return [];
  return [
    `damaged    ${damaged.length} (${shardNames(damaged)}), whose stats are cut or of another plan: where there is a plan.json, \`bowerbird merge\` names what to remove; else the same \`bowerbird score\` does them again`,
  ];
}

function replacingLine({ replacing }: RunStatus): string[] {
  if (replacing.length === 0) return [];
  return [
    `replacing  ${replacing.length} (${shardNames(replacing)}), partly old and partly new: \`bowerbird merge\` or the same \`score --retry-failed\` ends that where nobody is at it`,
  ];
}

function queueLine({ queue }: RunStatus): string[] {
  return queue ? [`queue      ${queue.waiting} shards wait, ${queue.active} are given out`] : [];
}

function failureLines({ failures, shards }: RunStatus): string[] {
  const { rows, rows_read, shards_read, reasons } = failures;
  if (rows_read === 0) return [];
  const share = ((100 * rows) / rows_read).toFixed(1);
  const part = shards_read < shards.committed ? `, of ${shards_read} shards that were read` : '';
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  const more = sorted.length > MOST_REASONS ? [`  and ${sorted.length - MOST_REASONS} more reasons`] : [];
  const table = sorted.slice(0, MOST_REASONS).map(([reason, count]) => [`  ${reason}`, `${count}`]);
  return [
    `failures   ${rows} of ${rows_read} rows (${share}%)${part}`,
    ...(table.length > 0 ? aligned(table) : []),
    ...more,
  ];
}

const HEADINGS = [
  'worker',
  'state',
  'heard',
  'rows/s',
  'shards',
  'in hand',
  'rows',
  'failed',
  'loaded',
  'fails most by',
];

function workerLines({ workers, state }: RunStatus): string[] {
  if (state === 'unseen')
    return ['workers    of a run in object storage are seen by their queue: give its --queue'];
  if (workers.length === 0) return ['workers    none is seen'];
  const ended = workers.filter(({ state }) => state === 'ended');
  const shown = [...workers.filter(({ state }) => state !== 'ended'), ...ended.slice(0, MOST_ENDED)];
  const at = workers.filter(({ state }) => state === 'working').length;
  return [
    `workers    ${at} at work`,
    ...aligned([HEADINGS, ...shown.map(cellsOf)]).map((line) => `  ${line}`),
    ...(ended.length > MOST_ENDED ? [`  and ${ended.length - MOST_ENDED} more that have ended`] : []),
  ];
}

function cellsOf(each: WorkerStatus): string[] {
  const { worker, state, heartbeat_seconds_ago, rows_per_second, shards, rows, in_hand, reasons } = each;
  const [[reason, count] = []] = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return [
    shortName(worker),
    state,
    `${formatDuration(heartbeat_seconds_ago)} ago`,
    rows_per_second === null ? '-' : numberOf(rows_per_second),
    shards ? `${shards.committed}` : '-',
    shards ? `${in_hand.length}` : '-',
    rows ? `${rows.succeeded + rows.failed}` : '-',
    rows ? `${rows.failed}` : '-',
    each.downloaded_bytes === null ? '-' : formatBytes(each.downloaded_bytes),
    reason === undefined ? '-' : `${reason} ${count}`,
  ];
}

/** The part that nobody else has is long: its beginning tells workers of a machine apart. */
function shortName(worker: string): string {
  return worker.replace(/-([0-9a-f]{8})-[0-9a-f-]{27}$/, '-$1');
}

function numberOf(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
}
