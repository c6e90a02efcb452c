import { FAILURE_NAMES } from '../../samples/reasons.ts';
import { type BarPiece, renderBar } from '../charts/bar.ts';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportData, ReportRows, ScoreSource } from '../report-data.ts';
import {
  describeScoreSource,
  describeUnchecked,
  isBuiltinScore,
  scoredRows,
  successWord,
} from '../wording.ts';

interface State {
  readonly className: string;
  readonly label: string;
  readonly count: number;
}

/** The run's name, what came of its rows, and what scored them. */
export function renderHeadline(data: ReportData): Html {
  const { rows, provenance } = data;
  const word = successWord(data);
  const scored = scoredRows(data);
  return html`<header class="top">
<p class="kicker">Bowerbird run</p>
<h1><bdi>${data.title}</bdi></h1>
${renderSource(provenance.scoreSource)}
${provenance.heads.map(
  ({ unproven }) =>
    unproven &&
    html`<p class="notice"><bdi>${unproven}</bdi></p>
`,
)}<dl class="figures">
${figure('Rows in', formatCount(rows.total))}
${figure(word, formatCount(rows.successes), rows.total > 0 ? `${formatShare(rows.successes, rows.total)} of rows` : '')}
${word === 'Embedded' && scored > 0 ? figure('Scored', formatCount(scored), `${formatShare(scored, rows.successes)} of embedded`) : null}
${figure('Kept', formatCount(rows.kept), rows.total > 0 ? `${formatShare(rows.kept, rows.total)} of rows` : '', 'accent')}
${data.saved && figure('Images saved', formatCount(data.saved.images), `${(data.saved.bytes / 1e6).toFixed(1)} MB`)}
${figure('Failed', formatCount(rows.total - rows.successes), rows.total > 0 ? `${formatShare(rows.total - rows.successes, rows.total)} of rows` : '')}
</dl>
${renderStates(rows)}
${data.unchecked.map((tag) => html`<p class="notice">${describeUnchecked(tag, rows.kept)}.</p>`)}
</header>
`;
}

function renderSource(source: ScoreSource): Html {
  const isBuiltin = isBuiltinScore(source);
  const warning = ' They are not comparable with LAION\u2019s aesthetic scores.';
  return html`<p class="${isBuiltin ? 'encoder notice' : 'encoder'}">${describeScoreSource(source)}${isBuiltin ? `.${warning}` : null}</p>`;
}

function figure(label: string, value: string, note = '', className = ''): Html {
  return html`<div class="${`figure ${className}`.trim()}"><dt>${label}</dt><dd>${value}${note && html` <small>${note}</small>`}</dd></div>`;
}

/** Every row is in exactly one of these. */
function statesOf(rows: ReportRows): State[] {
  return [
    { className: 'kept', label: 'kept', count: rows.kept },
    { className: 'dropped', label: 'dropped', count: rows.successes - rows.kept },
    { className: 'failed-1', label: FAILURE_NAMES.failed_to_download, count: rows.failedToDownload },
    { className: 'failed-2', label: FAILURE_NAMES.failed_to_resize, count: rows.failedToResize },
    { className: 'failed-3', label: FAILURE_NAMES.failed_to_embed, count: rows.failedToEmbed },
  ];
}

function renderStates(rows: ReportRows): Html {
  if (rows.total === 0)
    return html`<p class="empty">The inputs have no rows, so there was nothing to score.</p>`;
  const states = statesOf(rows).filter(({ count }) => count > 0);
  let from = 0;
  const pieces = states.map(({ className, count }): BarPiece => {
    const piece = { from: from / rows.total, length: count / rows.total, className };
    from += count;
    return piece;
  });
  const missing = rows.total - from;
  return html`${renderBar(pieces, 'states')}
<ul class="legend">${states.map(
    ({ className, label, count }) =>
      html`<li><i class="${className}"></i>${label} <b>${formatCount(count)}</b> <small>${formatShare(count, rows.total)}</small></li>`,
  )}</ul>${
    missing === 0
      ? null
      : html`<p class="notice">The states sum to ${formatCount(from)}, not to ${formatCount(rows.total)} rows: the books of this run do not balance.</p>`
  }`;
}
