import { renderBar } from '../charts/bar.ts';
import { formatBytes, formatCount, formatDuration, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportHosts, ReportHostTotals } from '../report-data.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

/** A line of the table: a host, or all that are not shown. */
interface Line extends ReportHostTotals {
  readonly host: string | null;
}

const SHOWN_HOSTS = 20;
const SHOWN_REASONS = 3;
/** The reason under which rows fail that were not sent to a host that does not answer. */
const GIVEN_UP = 'host_unresponsive';

/** The hosts of whose rows most failed, and what they failed of. */
export function renderHosts(hosts: ReportHosts | null): Html | null {
  if (hosts === null) return null;
  const listed = [...hosts.listed].sort(byFailures);
  const shown = listed.slice(0, SHOWN_HOSTS);
  const rest = listed.slice(SHOWN_HOSTS).reduce<ReportHostTotals>(sumOf, hosts.others);
  const lines: Line[] = [...shown, ...(rest.rows > 0 ? [{ ...rest, host: null }] : [])];
  const body =
    shown.length === 0 ? renderEmpty('No host is known.') : renderTable(tableOf(largestOf(shown)), lines);
  return renderSection('hosts', 'Hosts', leadOf(shown), body);
}

function leadOf(shown: readonly Line[]): string {
  const failing = shown.filter((line) => failedOf(line) > 0).length;
  if (shown.length === 0) return 'What became of rows, host by host.';
  const order =
    failing === 0
      ? 'Those with the most rows; none of them had a failure.'
      : 'Those with the most failures come first.';
  return `Rows by the host of their URL. ${order} Totals of small hosts may be incomplete: what is not told by name is among the others.`;
}

function tableOf(largest: number): Table<Line> {
  return {
    label: 'Hosts',
    className: 'hosts',
    head: 'Host',
    name: describeHost,
    rowClass: ({ host }) => (host === null ? 'none' : 'some'),
    columns: [
      { head: 'Rows as a bar', kind: 'bar', cell: (line) => barOf(line, largest) },
      { head: 'Rows', cell: ({ rows }) => formatCount(rows) },
      { head: 'Failed', cell: (line) => formatCount(failedOf(line)) },
      { head: 'Of its rows', cell: (line) => formatShare(failedOf(line), line.rows) },
      { head: 'Images', cell: ({ bytes }) => (bytes > 0 ? formatBytes(bytes) : null) },
      {
        head: 'Answer after',
        cell: ({ secondsPerAnswer }) => (secondsPerAnswer === null ? null : formatDuration(secondsPerAnswer)),
      },
    ],
  };
}

/** All others have no bar: next to their sum no host would have one. */
function barOf(line: Line, largest: number): Html | null {
  if (line.host === null) return null;
  const failed = failedOf(line) / largest;
  return renderBar([
    { from: 0, length: failed, className: 'failed-1' },
    { from: failed, length: line.successes / largest, className: 'plain' },
  ]);
}

function describeHost(line: Line): Html {
  const name = line.host === null ? 'All others' : html`<bdi dir="ltr">${line.host}</bdi>`;
  const facts = [...describeReasons(line), ...describePauses(line)];
  return html`${name}${line.host !== null && facts.length > 0 ? html`<p>${facts.join(', ')}</p>` : null}`;
}

function describeReasons({ reasons }: Line): string[] {
  const found = reasons
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  const shown = found.slice(0, SHOWN_REASONS).map(({ reason, count }) => `${reason} ${formatCount(count)}`);
  const more = found.slice(SHOWN_REASONS).reduce((sum, { count }) => sum + count, 0);
  const isGivenUp = found.some(({ reason }) => reason === GIVEN_UP);
  return [
    ...shown,
    ...(more > 0 ? [`other reasons ${formatCount(more)}`] : []),
    ...(isGivenUp ? ['given up'] : []),
  ];
}

function describePauses({ pauses, longestPauseSeconds }: Line): string[] {
  if (pauses === 0) return [];
  const longest = longestPauseSeconds > 0 ? `, for up to ${formatDuration(longestPauseSeconds)}` : '';
  const times = pauses === 1 ? 'once' : `${formatCount(pauses)} times`;
  return [`asked for a pause ${times}${longest}`];
}

function failedOf({ rows, successes }: ReportHostTotals): number {
  return rows - successes;
}

function byFailures(a: Line, b: Line): number {
  return failedOf(b) - failedOf(a) || b.rows - a.rows || ((a.host ?? '') < (b.host ?? '') ? -1 : 1);
}

function largestOf(lines: readonly Line[]): number {
  return Math.max(1, ...lines.map(({ rows }) => rows));
}

/** Of a sum only those numbers are shown that can be added up. */
function sumOf(a: ReportHostTotals, b: ReportHostTotals): ReportHostTotals {
  return {
    rows: a.rows + b.rows,
    successes: a.successes + b.successes,
    reasons: [],
    bytes: a.bytes + b.bytes,
    secondsPerAnswer: null,
    pauses: 0,
    longestPauseSeconds: 0,
  };
}
