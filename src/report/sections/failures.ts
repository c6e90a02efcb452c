import { FAILURE_NAMES, type FailedStatus } from '../../samples/reasons.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { reasonText } from '../reason-texts.ts';
import type { ReportData, ReportReason, ReportRetry } from '../report-data.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

const STAGES: Readonly<Record<string, string>> = {
  failed_to_download: 'failed-1',
  failed_to_resize: 'failed-2',
  failed_to_embed: 'failed-3',
};

/** Why rows failed, most frequent first, and what can be done about it. */
export function renderFailures({ reasons, retried, rows }: ReportData): Html {
  const failed = rows.total - rows.successes;
  const again = renderRetried(retried);
  if (failed === 0) {
    const isEmpty = rows.total === 0;
    return renderSection(
      'failures',
      'Failures',
      retried.length > 0 ? 'No row is left that failed.' : 'No row failed.',
      isEmpty ? renderEmpty('There were no rows.') : again,
    );
  }
  const found = reasons.filter(({ count }) => count > 0).sort(byCount);
  const lead = `${formatCount(failed)} rows failed, ${formatShare(failed, rows.total)} of all. The tags name the reason of each.`;
  return renderSection(
    'failures',
    'Failures',
    lead,
    html`${renderTable(tableOf(found[0]?.count ?? 1, failed), found)}${again}`,
  );
}

/** What `--retry-failed` made of rows that had failed. */
function renderRetried(retried: readonly ReportRetry[]): Html | null {
  if (retried.length === 0) return null;
  return html`<p>Rows that were tried again after they had failed; each counts as often as it was tried.</p>${renderTable(
    RETRIED_TABLE,
    [...retried].sort((a, b) => b.rows - a.rows),
  )}`;
}

const RETRIED_TABLE: Table<ReportRetry> = {
  label: 'Rows tried again',
  className: 'retried',
  head: 'Had failed as',
  name: ({ reason }) => html`<code>${reason}</code>`,
  columns: [
    { head: 'Tried again', cell: ({ rows }) => formatCount(rows) },
    { head: 'Scored then', cell: ({ successes }) => formatCount(successes) },
  ],
};

function byCount(a: ReportReason, b: ReportReason): number {
  return b.count - a.count || (a.reason < b.reason ? -1 : 1);
}

function tableOf(largest: number, failed: number): Table<ReportReason> {
  return {
    label: 'Reasons of failure',
    className: 'reasons',
    head: 'Reason',
    name: describeReason,
    columns: [
      {
        head: 'Rows as a bar',
        kind: 'bar',
        cell: ({ status, count }) =>
          renderBar([{ from: 0, length: count / largest, className: STAGES[status] ?? 'plain' }]),
      },
      { head: 'Rows', cell: ({ count }) => formatCount(count) },
      { head: 'Of failed', cell: ({ count }) => formatShare(count, failed) },
    ],
  };
}

function describeReason({ reason, status }: ReportReason): Html {
  const { meaning, advice } = reasonText(reason);
  const name = FAILURE_NAMES[status as FailedStatus] ?? status;
  return html`<code>${reason}</code> <small>${name}</small><p>${meaning} <em>${advice}</em></p>`;
}
