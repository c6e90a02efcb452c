/** Points, what they may also be, and the line on which they ought to lie. */
export const POINT_STYLE = `
.chart.calibration { max-width: 44rem; }
.chart .point circle { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5; }
.chart .plain-point circle { fill: var(--plain); stroke: var(--paper); stroke-width: 1.5; }
.chart.shares .line-name text { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.chart .same path { fill: none; stroke: var(--plain); stroke-dasharray: 5 4; }
.chart .interval line { stroke: var(--accent); stroke-width: 3; stroke-opacity: .4; stroke-linecap: round; }
`;
