import { renderBar } from '../charts/bar.ts';
import { dropRuleText, ruleIsAsked } from '../drop-rule-text.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportData, ReportThresholds } from '../report-data.ts';
import { columnHead, renderEmpty, renderSection, renderTable } from './section.ts';

/** A line of the funnel: rows that are still there, or rows that left here. */
interface Step {
  readonly kind: 'stand' | 'loss';
  readonly label: string;
  readonly className: string;
  readonly count: number;
  /** Rows left after this line. */
  readonly left: number;
}

/** From all rows to the kept ones, with what each stage and each rule took away. */
export function renderFunnel(data: ReportData): Html {
  const { rows, thresholds } = data;
  const head = [
    columnHead('Step'),
    columnHead('Rows as a bar', 'bar'),
    columnHead('Rows'),
    columnHead('Of all rows'),
  ];
  const steps = stepsOf(data).map((step) => renderStep(step, rows.total));
  const body =
    rows.total === 0
      ? renderEmpty('There were no rows.')
      : [
          renderTable('From rows to kept images', 'funnel', head, steps),
          renderImbalance(data),
          renderMissing(data),
        ];
  return renderSection('filter', 'Kept and dropped', leadOf(thresholds), body);
}

function leadOf(thresholds: ReportThresholds): Html {
  const { minAesthetic, maxPunsafe, maxPwatermark } = thresholds;
  if (minAesthetic === null && maxPunsafe === null && maxPwatermark === null) {
    return html`No thresholds were set: every scored image was kept.`;
  }
  return html`Rules are asked in this order. A row counts under the first that it fails.`;
}

function stepsOf({ rows, droppedBy, thresholds }: ReportData): Step[] {
  let left = rows.total;
  const steps: Step[] = [stand('Rows in', left, 'plain')];
  const lose = (label: string, count: number, className: string): void => {
    left -= count;
    steps.push({ kind: 'loss', label, className, count, left });
  };
  lose('failed to download', rows.failedToDownload, 'failed-1');
  lose('failed to decode', rows.failedToResize, 'failed-2');
  lose('failed to embed', rows.failedToEmbed, 'failed-3');
  steps.push(stand('Scored', rows.successes, 'plain'));
  left = rows.successes;
  for (const { rule, count } of droppedBy) {
    if (count > 0 || ruleIsAsked(rule, thresholds)) lose(dropRuleText(rule, thresholds), count, 'dropped');
  }
  return [...steps, stand('Kept', rows.kept, 'kept')];
}

function stand(label: string, count: number, className: string): Step {
  return { kind: 'stand', label, className, count, left: count };
}

function renderStep({ kind, label, className, count, left }: Step, total: number): Html {
  const from = kind === 'stand' ? 0 : left / total;
  const bar = renderBar([{ from, length: count / total, className }]);
  const sign = kind === 'loss' && count > 0 ? '\u2212' : '';
  return html`<tr class="${kind}"><th scope="row">${label}</th><td class="wide-bar">${bar}</td><td>${sign}${formatCount(count)}</td><td>${formatShare(count, total)}</td></tr>
`;
}

function renderImbalance({ rows, droppedBy }: ReportData): Html | null {
  const kept = droppedBy.reduce((left, { count }) => left - count, rows.successes);
  if (kept === rows.kept) return null;
  return html`<p class="notice">The rules leave ${formatCount(kept)} rows, but ${formatCount(rows.kept)} are counted as kept: the books of this run do not balance.</p>`;
}

function renderMissing({ missingTags, rows, thresholds }: ReportData): Html | null {
  const missing = missingTags.filter(({ count }) => count > 0);
  if (missing.length === 0) return null;
  const verdict =
    thresholds.missingTags === 'drop'
      ? 'A rule drops a row that lacks its tag (--missing-tags drop).'
      : 'A rule passes a row that lacks its tag (--missing-tags keep).';
  return html`<div class="note"><p>Scored rows without a tag:</p><ul class="plain-list">${missing.map(
    ({ tag, count }) =>
      html`<li>${tag} <b>${formatCount(count)}</b> <small>${formatShare(count, rows.successes)}</small></li>`,
  )}</ul><p>${verdict}</p></div>`;
}
