import type { FailureReason } from '../samples/reasons.ts';
import { sortedTable } from './sorted-table.ts';

/** How requests to a host went. It depends on when they were sent, as all times do. */
export interface HostPace {
  /** Answers, whatever they say; those to redirects and retries count. */
  readonly answers: number;
  /** From each request to the head of its answer, summed over the answers. */
  readonly answer_seconds: number;
  /** Answers that asked for fewer requests: status 429 or 503, or `Retry-After`. */
  readonly pauses: number;
  /** The longest `Retry-After`. */
  readonly longest_pause_seconds: number;
}

/** What became of the rows of a host. Rows are of the host in their URL, wherever that redirects to. */
export interface HostTotals {
  readonly rows: number;
  readonly successes: number;
  /** Failed rows, by reason; with the successes they sum to the rows. */
  readonly reasons: Readonly<Partial<Record<FailureReason, number>>>;
  /** Bytes of the rows' images as they came, also of those that could not be decoded. */
  readonly bytes: number;
  readonly pace: HostPace;
}

/** A host by its name, and its port where that is not the usual one. */
export interface ListedHost extends HostTotals {
  readonly host: string;
}

/** The rows of a shard or a run by host: some hosts by name, most rows first, and the sum of all others. */
export interface HostList {
  readonly listed: readonly ListedHost[];
  /** All rows of hosts that are not listed, and those whose URL names no host, or carries a user name or password. */
  readonly others: HostTotals;
}

/** Hosts that are listed for having the most rows. */
const LISTED_BY_ROWS = 50;
/** Hosts that are listed, of all others, for having the most failed rows. */
const LISTED_BY_FAILURES = 50;

/** Hosts between which rows are told apart while many lists are added up. */
const MAX_HOSTS = 20_000;

const NO_PACE: HostPace = { answers: 0, answer_seconds: 0, pauses: 0, longest_pause_seconds: 0 };
const NO_TOTALS: HostTotals = { rows: 0, successes: 0, reasons: {}, bytes: 0, pace: NO_PACE };

/** Adds up what became of rows, host by host, in bounded memory. */
export class HostTable {
  readonly #hosts = new Map<string, HostTotals>();
  readonly #mostHosts: number;
  #others = NO_TOTALS;

  /** @param mostHosts when there are more, the half with the fewest rows becomes part of the others */
  constructor(mostHosts: number = MAX_HOSTS) {
    this.#mostHosts = mostHosts;
  }

  /** Adds a part to a host's totals; without a host, to those of all others. */
  add(host: string | undefined, part: Partial<HostTotals>): void {
    if (host === undefined) {
      this.#others = sumOf(this.#others, part);
      return;
    }
    this.#hosts.set(host, sumOf(this.#hosts.get(host) ?? NO_TOTALS, part));
    if (this.#hosts.size > this.#mostHosts) this.#forgetSmall();
  }

  /** Adds all that another list tells. */
  merge({ listed, others }: HostList): void {
    for (const { host, ...totals } of listed) this.add(host, totals);
    this.add(undefined, others);
  }

  /** Adds what another list tells of hosts, and leaves out what became of their rows. */
  mergeSeen({ listed, others }: HostList): void {
    for (const { host, bytes, pace } of listed) this.add(host, { bytes, pace });
    this.add(undefined, { bytes: others.bytes, pace: others.pace });
  }

  /** The hosts with the most rows, those of the rest with the most failures, and the sum of all others. */
  list(): HostList {
    const hosts = Array.from(this.#hosts, ([host, totals]) => ({ host, ...totals }));
    const [large, rest] = splitAfter(hosts.sort(byRows), LISTED_BY_ROWS);
    const [failing, small] = splitAfter(rest.sort(byFailures), LISTED_BY_FAILURES);
    const listed = [...large, ...failing].sort(byRows);
    const others = small.reduce<HostTotals>(sumOf, this.#others);
    return { listed: listed.map(inOrder), others: totalsInOrder(others) };
  }

  #forgetSmall(): void {
    const hosts = Array.from(this.#hosts, ([host, totals]) => ({ host, ...totals })).sort(byRows);
    for (const { host, ...totals } of hosts.slice(Math.floor(this.#mostHosts / 2))) {
      this.#hosts.delete(host);
      this.#others = sumOf(this.#others, totals);
    }
  }
}

/** Rows of a host that failed. */
export function failuresOf({ rows, successes }: HostTotals): number {
  return rows - successes;
}

/** Whether what a file holds under that name is a list that sums to so many rows. */
export function isHostList(value: unknown, rows: number): value is HostList {
  const { listed, others } = (value ?? {}) as Partial<HostList>;
  if (!Array.isArray(listed) || !isTotals(others)) return false;
  const sum = listed.reduce((count: number, host) => count + (isTotals(host) ? host.rows : Number.NaN), 0);
  return sum + others.rows === rows;
}

function isTotals(value: unknown): value is HostTotals {
  const { reasons, pace, bytes, rows, successes } = (value ?? {}) as Partial<HostTotals>;
  return (
    [reasons, pace].every((part) => part !== null && typeof part === 'object') &&
    [bytes, rows, successes].every((count) => Number.isInteger(count))
  );
}

function sumOf(a: HostTotals, b: Partial<HostTotals>): HostTotals {
  return {
    rows: a.rows + (b.rows ?? 0),
    successes: a.successes + (b.successes ?? 0),
    reasons: b.reasons ? sumOfReasons(a.reasons, b.reasons) : a.reasons,
    bytes: a.bytes + (b.bytes ?? 0),
    pace: b.pace ? sumOfPaces(a.pace, b.pace) : a.pace,
  };
}

function sumOfReasons(a: HostTotals['reasons'], b: HostTotals['reasons']): HostTotals['reasons'] {
  const sum: Partial<Record<FailureReason, number>> = { ...a };
  for (const [reason, count] of Object.entries(b) as [FailureReason, number][])
    sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

function sumOfPaces(a: HostPace, b: HostPace): HostPace {
  return {
    answers: a.answers + b.answers,
    answer_seconds: a.answer_seconds + b.answer_seconds,
    pauses: a.pauses + b.pauses,
    longest_pause_seconds: Math.max(a.longest_pause_seconds, b.longest_pause_seconds),
  };
}

function byRows(a: ListedHost, b: ListedHost): number {
  return b.rows - a.rows || byName(a, b);
}

function byFailures(a: ListedHost, b: ListedHost): number {
  return failuresOf(b) - failuresOf(a) || byRows(a, b);
}

function byName(a: ListedHost, b: ListedHost): number {
  return a.host < b.host ? -1 : 1;
}

function splitAfter<T>(list: readonly T[], count: number): [T[], T[]] {
  return [list.slice(0, count), list.slice(count)];
}

function inOrder({ host, ...totals }: ListedHost): ListedHost {
  return { host, ...totalsInOrder(totals) };
}

/** The same totals give the same bytes, whatever the order in which they were added up. */
function totalsInOrder(totals: HostTotals): HostTotals {
  return { ...totals, reasons: sortedTable(totals.reasons) };
}
