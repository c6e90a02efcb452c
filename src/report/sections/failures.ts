import { FAILURE_NAMES, type FailedStatus } from '../../samples/reasons.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { reasonText } from '../reason-texts.ts';
import type { ReportData, ReportReason } from '../report-data.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

const STAGES: Readonly<Record<string, string>> = {
  failed_to_download: 'failed-1',
  failed_to_resize: 'failed-2',
  failed_to_embed: 'failed-3',
};

/** Why rows failed, most frequent first, and what can be done about it. */
export function renderFailures({ reasons, rows }: ReportData): Html {
  const failed = rows.total - rows.successes;
  if (failed === 0) {
    return renderSection(
      'failures',
      'Failures',
      'No row failed.',
      rows.total === 0 ? renderEmpty('There were no rows.') : null,
    );
  }
  const found = reasons.filter(({ count }) => count > 0).sort(byCount);
  const lead = `${formatCount(failed)} rows failed, ${formatShare(failed, rows.total)} of all. The tags name the reason of each.`;
  return renderSection(
    'failures',
    'Failures',
    lead,
    renderTable(tableOf(found[0]?.count ?? 1, failed), found),
  );
}

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
