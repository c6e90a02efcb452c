import { renderBar } from '../charts/bar.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { reasonText } from '../reason-texts.ts';
import type { ReportData, ReportReason } from '../report-data.ts';
import { columnHead, renderEmpty, renderSection, renderTable } from './section.ts';

const STAGES: Readonly<Record<string, { readonly name: string; readonly className: string }>> = {
  failed_to_download: { name: 'download', className: 'failed-1' },
  failed_to_resize: { name: 'decode', className: 'failed-2' },
  failed_to_embed: { name: 'embed', className: 'failed-3' },
};

/** Why rows failed, most frequent first, and what can be done about it. */
export function renderFailures({ reasons, rows }: ReportData): Html {
  const failed = rows.total - rows.successes;
  if (failed === 0) return renderNone(rows.total);
  const found = reasons.filter(({ count }) => count > 0).sort(byCount);
  const head = [
    columnHead('Reason'),
    columnHead('Rows as a bar', 'bar'),
    columnHead('Rows'),
    columnHead('Of failed'),
  ];
  const lead = `${formatCount(failed)} rows failed, ${formatShare(failed, rows.total)} of all. The tags name the reason of each.`;
  const lines = found.map((reason) => renderReason(reason, found[0]!.count, failed));
  return renderSection(
    'failures',
    'Failures',
    lead,
    renderTable('Reasons of failure', 'reasons', head, lines),
  );
}

function renderNone(total: number): Html {
  const text = total === 0 ? 'There were no rows.' : 'Every row has its embedding.';
  return renderSection('failures', 'Failures', 'No row failed.', renderEmpty(text));
}

function byCount(a: ReportReason, b: ReportReason): number {
  return b.count - a.count || (a.reason < b.reason ? -1 : 1);
}

function renderReason({ reason, status, count }: ReportReason, largest: number, failed: number): Html {
  const { meaning, advice } = reasonText(reason);
  const { name, className } = STAGES[status] ?? { name: status, className: 'plain' };
  const bar = renderBar([{ from: 0, length: count / largest, className }]);
  return html`<tr><th scope="row"><code>${reason}</code> <small>${name}</small><p>${meaning} <em>${advice}</em></p></th><td class="wide-bar">${bar}</td><td>${formatCount(count)}</td><td>${formatShare(count, failed)}</td></tr>
`;
}
