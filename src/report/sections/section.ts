import { NO_VALUE } from '../format.ts';
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

/** A column of a table; one of bars has no width of its own in a narrow window. */
export interface Column<Row> {
  readonly head: string;
  readonly kind?: 'bar';
  /** What a row has here; null where it has nothing. */
  readonly cell: (row: Row) => HtmlValue;
}

/** What makes a table: its name for those who hear it, its first column (which names the rows), and all others. */
export interface Table<Row> {
  readonly label: string;
  readonly className: string;
  readonly head: string;
  readonly name: (row: Row) => HtmlValue;
  readonly columns: readonly Column<Row>[];
  readonly rowClass?: (row: Row) => string;
}

/** A table that scrolls sideways by itself where the window is too narrow. A column in which no row has anything is left out. */
export function renderTable<Row>(table: Table<Row>, rows: readonly Row[]): Html {
  const { label, className, head, name, rowClass } = table;
  const columns = table.columns.filter(({ cell }) => rows.some((row) => hasValue(cell(row))));
  const heads = columns.map(({ head: text, kind }) => columnHead(text, kind));
  const lines = rows.map((row) => {
    const cells = columns.map(({ kind, cell }) => {
      const value = cell(row);
      return kind === 'bar'
        ? html`<td class="wide-bar">${value}</td>`
        : html`<td>${hasValue(value) ? value : NO_VALUE}</td>`;
    });
    return html`<tr class="${rowClass?.(row) ?? 'some'}"><th scope="row">${name(row)}</th>${cells}</tr>
`;
  });
  return html`<div class="scroll" role="group" aria-label="${label}" tabindex="0"><table class="${className}">
<thead><tr>${columnHead(head)}${heads}</tr></thead>
<tbody>
${lines}</tbody>
</table></div>
`;
}

function hasValue(value: HtmlValue): boolean {
  return value !== null && value !== undefined && value !== NO_VALUE;
}

/** The head of a column; a column of bars has one that is heard only. */
function columnHead(text: string, kind?: 'bar'): Html {
  if (kind === 'bar') return html`<th scope="col" class="wide-bar"><span class="unseen">${text}</span></th>`;
  return html`<th scope="col">${text}</th>`;
}
