import { FAILURE_NAMES } from '../../samples/reasons.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportData, ReportThresholds } from '../report-data.ts';
import { dropRuleText, hasRule, successWord } from '../wording.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

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
  const body =
    rows.total === 0
      ? renderEmpty('There were no rows.')
      : [renderTable(tableOf(rows.total), stepsOf(data)), renderImbalance(data), renderMissing(data)];
  return renderSection('filter', 'Kept and dropped', leadOf(thresholds), body);
}

function tableOf(total: number): Table<Step> {
  return {
    label: 'From rows to kept images',
    className: 'funnel',
    head: 'Step',
    name: ({ label }) => label,
    rowClass: ({ kind }) => kind,
    columns: [
      {
        head: 'Rows as a bar',
        kind: 'bar',
        cell: ({ kind, count, left, className }) =>
          renderBar([{ from: kind === 'stand' ? 0 : left / total, length: count / total, className }]),
      },
      {
        head: 'Rows',
        cell: ({ kind, count }) => `${kind === 'loss' && count > 0 ? '\u2212' : ''}${formatCount(count)}`,
      },
      { head: 'Of all rows', cell: ({ count }) => formatShare(count, total) },
    ],
  };
}

function leadOf({ minAesthetic, maxPunsafe, maxPwatermark }: ReportThresholds): string {
  return minAesthetic === null && maxPunsafe === null && maxPwatermark === null
    ? 'No thresholds were set: every row that did not fail was kept.'
    : 'Rules are asked in this order. A row counts under the first that it fails.';
}

function stepsOf(data: ReportData): Step[] {
  const { rows, droppedBy, thresholds } = data;
  let left = rows.total;
  const steps: Step[] = [stand('Rows in', left, 'plain')];
  const lose = (label: string, count: number, className: string): void => {
    left -= count;
    steps.push({ kind: 'loss', label, className, count, left });
  };
  const failures = [rows.failedToDownload, rows.failedToResize, rows.failedToEmbed];
  for (const [i, name] of Object.values(FAILURE_NAMES).entries()) {
    if (failures[i]! > 0) lose(name, failures[i]!, `failed-${i + 1}`);
  }
  steps.push(stand(successWord(data), rows.successes, 'plain'));
  left = rows.successes;
  for (const { rule, count } of droppedBy) {
    if (count > 0 || (!rule.endsWith('_missing') && hasRule(rule, thresholds)))
      lose(dropRuleText(rule, thresholds), count, 'dropped');
  }
  return [...steps, stand('Kept', rows.kept, 'kept')];
}

function stand(label: string, count: number, className: string): Step {
  return { kind: 'stand', label, className, count, left: count };
}

function renderImbalance({ rows, droppedBy }: ReportData): Html | null {
  const kept = droppedBy.reduce((left, { count }) => left - count, rows.successes);
  if (kept === rows.kept) return null;
  return html`<p class="notice">The rules leave ${formatCount(kept)} rows, but ${formatCount(rows.kept)} are counted as kept: the books of this run do not balance.</p>`;
}

/** Only of tags that a rule asks for: what was not asked is no reason for anything. */
function renderMissing({ missingTags, rows, thresholds }: ReportData): Html | null {
  const missing = missingTags.filter(({ tag, count }) => count > 0 && hasRule(tag, thresholds));
  if (missing.length === 0) return null;
  const verdict = thresholds.missingTags === 'drop' ? 'they fail its rule' : 'they pass its rule';
  return html`<p class="note">Rows without a tag (${verdict}, --missing-tags ${thresholds.missingTags}): ${missing.map(
    ({ tag, count }, i) =>
      html`${i > 0 ? ', ' : ''}${tag} <b>${formatCount(count)}</b> of ${formatCount(rows.successes)}`,
  )}.</p>`;
}
