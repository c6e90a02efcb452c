import { type Html, type HtmlValue, html } from '../html.ts';

/** A part of the page: its title and a line about it on the left (above, in a narrow window), the rest on the right. */
export function renderSection(id: string, title: string, lead: HtmlValue, body: HtmlValue): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<header><h2 id="${id}-title">${title}</h2><p class="lead">${lead}</p></header>
<div class="body">${body}</div>
</section>
`;
}

/** A line in place of a chart or table that has nothing to show. */
export function renderEmpty(text: string): Html {
  return html`<p class="empty">${text}</p>`;
}

/** A table that scrolls sideways by itself where the window is too narrow for it. */
export function renderTable(label: string, className: string, head: HtmlValue, rows: HtmlValue): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table class="${className}">
<thead><tr>${head}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

/** The head of a column; of a column of bars where it is `bar`. */
export function columnHead(text: string, kind?: 'bar'): Html {
  if (kind === 'bar') return html`<th scope="col" class="wide-bar"><span class="unseen">${text}</span></th>`;
  return html`<th scope="col">${text}</th>`;
}
