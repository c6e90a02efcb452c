/** What a line of progress says of a run. */
export interface ProgressFacts {
  readonly doneRows: number;
  readonly totalRows: number;
  /** undefined: not known yet. */
  readonly secondsLeft: number | undefined;
  readonly rowsPerSecond: number;
  /** How long no host has answered; undefined while the run goes on. */
  readonly pausedSeconds?: number | undefined;
  /** Hosts that rows have waited long for. */
  readonly stuckHosts: readonly { readonly host: string; readonly rows: number; readonly why: string }[];
  readonly kept: number;
  readonly failed: number;
  /** Images of finished shards that are saved; undefined where the run saves none. */
  readonly saved?: { readonly images: number; readonly bytes: number } | undefined;
  readonly finishedShards: number;
  readonly totalShards: number;
  readonly queues: readonly { readonly name: string; readonly size: number; readonly capacity: number }[];
}

const MAX_BAR = 20;
const MIN_BAR = 5;
const GAP = '  ';
const MAX_HOST = 40;

/** The line of a log: everything, without a bar. */
export function plainProgressLine(facts: ProgressFacts): string {
  return partsOf(facts).join(GAP);
}

/**
 * The line of a terminal: never wider than it, whatever the numbers. What matters least is left out first, and the
 * bar takes what room is left.
 *
 * @param columns of the terminal
 */
export function barProgressLine(facts: ProgressFacts, columns: number): string {
  // In the last column some terminals begin a new line.
  const room = Math.max(0, columns - 1);
  const parts = [`${percentOf(facts)}%`, ...partsOf(facts)];
  while (parts.length > 1 && widthOf(parts) > room) parts.pop();
  const left = room - widthOf(parts) - GAP.length;
  const bar = left < MIN_BAR ? [] : [barOf(facts, Math.min(MAX_BAR, left))];
  return [...bar, ...parts].join(GAP).slice(0, room);
}

/** What matters most first. */
function partsOf(facts: ProgressFacts): string[] {
  const { doneRows, totalRows, secondsLeft, rowsPerSecond, pausedSeconds, kept, failed } = facts;
  return [
    `${doneRows}/${totalRows} rows`,
    `kept ${kept}`,
    `failed ${failed}`,
    ...(pausedSeconds === undefined
      ? [
          `ETA ${secondsLeft === undefined ? '-' : formatDuration(secondsLeft)}`,
          `${rowsPerSecond.toFixed(rowsPerSecond < 10 ? 1 : 0)} rows/s`,
        ]
      : [`paused for ${formatDuration(pausedSeconds)}: no host answers`]),
    ...facts.stuckHosts.map(describeStuck),
    `shard ${facts.finishedShards}/${facts.totalShards}`,
    ...(facts.saved ? [`saved ${facts.saved.images} images, ${formatBytes(facts.saved.bytes)}`] : []),
    ...(facts.queues.length > 0 ? [`queues: ${facts.queues.map(describeQueue).join(', ')}`] : []),
  ];
}

function describeQueue({ name, size, capacity }: ProgressFacts['queues'][number]): string {
  return `${name} ${size}/${capacity}`;
}

/** `waits for images.example.org: 812 rows, paused for 40 s` */
function describeStuck({ host, rows, why }: ProgressFacts['stuckHosts'][number]): string {
  const name = host.length > MAX_HOST ? `${host.slice(0, MAX_HOST - 1)}…` : host;
  return `waits for ${name}: ${rows} ${rows === 1 ? 'row' : 'rows'}, ${why}`;
}

function widthOf(parts: readonly string[]): number {
  return parts.join(GAP).length;
}

/** Rounded down: 100 is said when all rows have ended, and not before. */
function percentOf({ doneRows, totalRows }: ProgressFacts): number {
  return totalRows === 0 ? 0 : Math.floor((100 * doneRows) / totalRows);
}

function barOf({ doneRows, totalRows }: ProgressFacts, width: number): string {
  const full = totalRows === 0 ? 0 : Math.floor((width * doneRows) / totalRows);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

export function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
  return `${Math.floor(whole / 86_400)}d${Math.floor((whole % 86_400) / 3600)}h`;
}
