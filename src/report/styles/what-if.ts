/** The what-if control: the answer first, then what is asked. */
export const WHAT_IF_STYLE = `
[hidden] { display: none !important; }
.what-if { border: 1px solid var(--line); border-radius: 6px; padding: clamp(1rem, 3vw, 1.75rem); }
.answer { min-height: 6.4rem; }
.answer .size { font-size: clamp(2rem, 6vw, 3.25rem); line-height: 1.1; letter-spacing: -.025em; font-weight: 650; color: var(--accent); }
.answer .bounds { color: var(--soft); font-size: .9375rem; }
.rules { margin: 1.25rem 0 0; padding: 0; border: 0; min-width: 0; display: grid; gap: .9rem; }
.rule { display: grid; grid-template-columns: 11rem 6.5rem minmax(0, 1fr); gap: .35rem 1rem; align-items: center; }
.rule label, .missing label { display: flex; gap: .55rem; align-items: center; }
.rule input[type="number"] { font: inherit; font-variant-numeric: tabular-nums; width: 100%; padding: .4rem .5rem; border: 1px solid var(--plain); border-radius: 4px; background: var(--paper); color: var(--ink); }
.rule input[type="range"] { width: 100%; min-height: 1.75rem; margin: 0; accent-color: var(--accent); }
input[type="checkbox"] { width: 1.1rem; height: 1.1rem; flex: none; margin: 0; accent-color: var(--accent); }
.rule:has(input[type="checkbox"]:not(:checked)) input[type="range"] { accent-color: var(--plain); opacity: .55; }
.missing { border-top: 1px solid var(--line); padding-top: .9rem; }
.command { margin-top: 1.25rem; background: var(--wash); border-radius: 4px; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.copy { margin-top: .6rem; display: flex; gap: .75rem; align-items: center; flex-wrap: wrap; font-size: .875rem; color: var(--soft); }
button { font: inherit; color: var(--ink); background: transparent; border: 1px solid var(--plain); border-radius: 4px; padding: .35rem .85rem; cursor: pointer; }
button:hover { background: var(--wash); }
.chart .kept rect.out { fill: var(--dropped); }
.figure dd { font-size: clamp(1.4rem, 3vw, 2.1rem); }
.groups th[scope="row"] { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
.quantiles { max-width: 26rem; }
.laion { background: var(--wash); border-radius: 4px; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  .rule { grid-template-columns: minmax(0, 1fr) 6.5rem; }
  .rule input[type="range"] { grid-column: 1 / -1; }
}
`;
