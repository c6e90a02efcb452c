import type { AuditedKind, AuditPageData, ShownGroup } from './audit-page-data.ts';
import { type Drawing, openDrawing } from './charts/plot.ts';
import { drawShares } from './charts/shares.ts';
import { formatCount, formatFixed, formatShare } from './format.ts';
import { type Html, html } from './html.ts';
import { renderPage } from './page.ts';
import { renderEmpty, renderSection, renderTable } from './sections/section.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { LINE_STYLE } from './styles/lines.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { POINT_STYLE } from './styles/points.ts';
import { TABLE_STYLE } from './styles/tables.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, LINE_STYLE, TABLE_STYLE, POINT_STYLE].join('');

/** The page of an audit as one HTML file that opens offline and runs no script. */
export async function renderAuditPage(data: AuditPageData): Promise<string> {
  const drawing = await openDrawing();
  const { title, filter, rows, kept, kinds } = data;
  return renderPage({
    title: `What is kept of ${title}`,
    style: STYLE,
    top: renderTop(data),
    contents: [...kinds.map(({ id, title: name }) => [id, name] as const), ['source', 'Source']],
    main: html`${kinds.map((kind) => renderKind(drawing, kind, kept / rows))}
${renderSection('source', 'Source', html`How this page was made. Kept is what ${filter} keeps.`, html`<div class="sessions"><pre><code>${data.command}</code></pre></div>`)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

function renderTop({ title, filter, rows, kept, failed, tested }: AuditPageData): Html {
  return html`<header class="top">
<p class="kicker">Bowerbird audit: ${filter}</p>
<h1>${title}</h1>
<dl class="figures">
<div class="figure accent"><dt>Kept</dt><dd>${formatShare(kept, rows)} <small>${formatCount(kept)} of ${formatCount(rows)} rows</small></dd></div>
<div class="figure"><dt>Groups</dt><dd>${formatCount(tested)} <small>of enough rows</small></dd></div>
${failed > 0 ? html`<div class="figure"><dt>Failed</dt><dd>${formatCount(failed)} <small>before they could be judged</small></dd></div>` : null}
</dl>
<p class="notice">Of the groups that are named as treated otherwise about one in twenty may be so by chance (Benjamini and Yekutieli). A share says what a filter does, and not why.</p>
</header>
`;
}

function renderKind(drawing: Drawing, kind: AuditedKind, all: number): Html {
  const { id, title, groups, otherwise, small, lists } = kind;
  const left = small > 0 ? ` ${formatCount(small)} more have too few rows.` : '';
  const lead = `${formatCount(groups)} groups, of which ${formatCount(otherwise)} are treated otherwise than the rest.${left} The upright line is the share of all rows; lines beside dots are 95 % intervals.`;
  const shown = lists.filter((list) => list.groups.length > 0);
  return renderSection(
    id,
    title,
    lead,
    shown.length === 0
      ? renderEmpty('No group has enough rows.')
      : shown.map((list) => renderList(drawing, list, { title, all })),
  );
}

function renderList(
  drawing: Drawing,
  { title, groups }: AuditedKind['lists'][number],
  { title: kind, all }: { readonly title: string; readonly all: number },
): Html {
  const chart = {
    label: `${kind}, ${title}: shares that are kept`,
    shares: groups.map(({ name, rows, kept, low, high, isOtherwise }) => ({
      ...{ name, share: kept / rows, low, high, isOther: isOtherwise },
    })),
    all,
  };
  return html`<h3>${title}</h3><figure class="plot">
${drawShares(drawing, chart, 'wide')}
${drawShares(drawing, chart, 'narrow')}
</figure>
${renderTable(
  {
    ...{ label: `${kind}, ${title}`, className: 'plain', head: kind },
    name: ({ name }: ShownGroup) => name,
    columns: [
      { head: 'Rows', cell: ({ rows }) => formatCount(rows) },
      { head: 'Kept', cell: ({ kept, rows }) => formatShare(kept, rows) },
      { head: '95 % from', cell: ({ low }) => `${formatFixed(100 * low, 1)}%` },
      { head: 'to', cell: ({ high }) => `${formatFixed(100 * high, 1)}%` },
      { head: 'q', cell: ({ q }) => (q === null ? null : q < 0.001 ? '<0.001' : formatFixed(q, 3)) },
    ],
  },
  groups,
)}`;
}
