/** Charts of lines: told apart by colour, and by dashes where colours look alike. */
export const LINE_STYLE = `
:is(.chart, .key) .line path { fill: none; stroke-width: 2; }
:is(.chart, .key) .line-1 path { stroke: var(--accent); }
:is(.chart, .key) .line-2 path { stroke: var(--failed-1); stroke-dasharray: 9 4; }
:is(.chart, .key) .line-3 path { stroke: var(--failed-3); stroke-dasharray: 2 3; }
:is(.chart, .key) .line-4 path { stroke: var(--plain); }
.chart .line-name text { fill: var(--ink); font-weight: 600; }
`;
