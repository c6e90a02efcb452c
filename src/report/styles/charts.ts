/** Bars and plots. Plot's markup carries no colours or fonts of its own: they are here. */
export const CHART_STYLE = `
.bar { display: block; border-radius: 2px; overflow: hidden; }
.bar.states { height: 14px; border-radius: 3px; }
.bar rect, .chart rect { stroke: none; }
rect.kept, .chart .kept rect { fill: var(--accent); }
rect.dropped, .chart .dropped rect { fill: var(--dropped); }
rect.plain, .chart .pace rect { fill: var(--plain); }
rect.failed-1 { fill: var(--failed-1); } rect.failed-2 { fill: var(--failed-2); } rect.failed-3 { fill: var(--failed-3); }
.chart .pace rect { shape-rendering: crispEdges; }
.chart { display: block; width: 100%; height: auto; overflow: visible; color: var(--soft); }
.chart text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; white-space: pre; fill: currentColor; stroke: none; }
.chart .grid line, .chart .boundary line { stroke: var(--line); stroke-opacity: 1; }
.chart .base line { stroke: var(--plain); }
.chart .threshold line { stroke: var(--ink); stroke-width: 1.5; }
.chart .threshold-label text { fill: var(--ink); font-weight: 600; }
.chart.wide { display: none; }
.chart.narrow { max-width: 34rem; }
.plot figcaption { margin-top: .75rem; font-size: .875rem; color: var(--soft); }
.plot figcaption .legend { color: var(--ink); }
@media (min-width: 48rem), print { .chart.wide { display: block; } .chart.narrow { display: none; } }
`;
