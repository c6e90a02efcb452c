/** What the page of an evaluation has of its own: points with intervals, squares of cells, sheets of small pictures. */
export const EVALUATION_STYLE = `
.scroll + .scroll { margin-top: 1.5rem; }
.plot + .plot { margin-top: 2rem; }
.legend .key { vertical-align: middle; margin-right: .35rem; }
.chart .alike rect { fill: var(--accent); } .chart .opposed rect { fill: var(--failed-1); }
.chart .cell-number text { fill: var(--ink); }
.chart.matrix { max-width: 44rem; }
.heads li { display: grid; grid-template-columns: 1.75rem minmax(0, 1fr); padding: .5rem 0; border-top: 1px solid var(--line); }
.heads code { overflow-wrap: anywhere; }
.heads p { grid-column: 2; color: var(--soft); font-size: .875rem; }
.tests { margin-top: 1rem; font-size: .9375rem; }
.tests li { padding: .3rem 0; overflow-wrap: anywhere; }
.tests li.shown b { color: var(--accent); }
.figures-table td small { display: block; white-space: nowrap; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(4.6rem, 1fr)); gap: .35rem; }
.sheet li { min-width: 0; font-size: .6875rem; line-height: 1.3; color: var(--soft); }
.sheet img, .sheet .key-only { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: cover; border-radius: 2px; background: var(--wash); }
.sheet .key-only { display: grid; place-items: center; padding: .25rem; overflow: hidden; overflow-wrap: anywhere; text-align: center; }
.sheet.large { grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: .75rem; }
`;
