import { BASE_STYLE } from '../../web/page-style.ts';

/** Layout: as much of the window for pictures as there is. */
export const BROWSE_STYLE = `
${BASE_STYLE}.top { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
.name { display: flex; align-items: baseline; gap: .75rem; min-width: 0; flex: 1 1 14rem; }
h1 { font-size: 1.25rem; line-height: 1.2; font-weight: 650; letter-spacing: -.012em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 24rem; }
#count { color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
#progress { width: 8rem; height: .375rem; accent-color: var(--accent); }
#notes { flex-basis: 100%; color: var(--soft); font-size: .875rem; }
#notes:empty { display: none; }
#filters { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; flex: 1 0 100%; }
#text { flex: 1 1 12rem; max-width: 22rem; min-width: 8rem; }
#controls { display: contents; }
.pair { display: flex; }
.pair > :first-child { border-radius: 6px 0 0 6px; }
.pair > :last-child { border-radius: 0 6px 6px 0; border-left: 0; }
label.field { display: flex; align-items: center; gap: .45rem; color: var(--soft); }
label.field select { color: var(--ink); max-width: 14rem; }
label.field button { color: var(--ink); }
label.tick { display: flex; align-items: center; gap: .4rem; }
label.tick input { width: 1.05rem; height: 1.05rem; margin: 0; accent-color: var(--accent); }
#ranges { display: flex; flex-wrap: wrap; gap: .5rem .75rem; }
.range { display: flex; align-items: center; }
.range legend { float: left; color: var(--soft); margin-right: .45rem; }
.range input { width: 4.4rem; padding: 0 .4rem; appearance: textfield; -moz-appearance: textfield; }
.range input:first-of-type { border-radius: 6px 0 0 6px; }
.range input:last-of-type { border-radius: 0 6px 6px 0; border-left: 0; }
.range input::-webkit-inner-spin-button { display: none; }
#more { display: none; }

main { display: grid; grid-template-columns: minmax(0, 1fr); min-height: 0; position: relative; }
.stage { position: relative; min-width: 0; min-height: 0; }
#grid { position: absolute; inset: 0; overflow-y: scroll; overflow-x: hidden; overflow-anchor: none; contain: strict; }
#grid:focus-visible { outline-offset: -2px; }
#grid[aria-busy="true"] { opacity: .6; }
.spacer { position: relative; overflow: hidden; }
.row { position: absolute; left: 16px; top: 0; display: grid; grid-template-columns: repeat(var(--columns), var(--side)); gap: 12px; will-change: transform; }
.cell { cursor: pointer; min-width: 0; border-radius: 4px; }
.cell:focus-visible { outline-offset: 3px; }
.cell.absent { visibility: hidden; }
.frame { position: relative; display: grid; place-items: center; height: var(--side); border-radius: 4px; overflow: hidden; background: var(--wash); }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; opacity: 0; transition: opacity .12s; }
.cell.seen .frame img { opacity: 1; }
.frame .none { color: var(--soft); font-size: .8125rem; padding: .5rem; text-align: center; overflow-wrap: anywhere; }
.cell.seen .none { visibility: hidden; }
.cell.active .frame { box-shadow: 0 0 0 3px var(--accent); }
.line { display: flex; gap: .5rem; align-items: baseline; height: 1.45rem; margin-top: .2rem; white-space: nowrap; overflow: hidden; }
.line b { font-weight: 620; }
.fate { color: var(--soft); font-size: .8125rem; overflow: hidden; text-overflow: ellipsis; }
.fate.kept { color: var(--accent); }
.fate.failed { color: var(--alarm); }
.caption { display: block; height: 1.1rem; line-height: 1.1rem; color: var(--soft); font-size: .8125rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
#empty { position: absolute; inset: 0; display: grid; place-items: center; color: var(--soft); padding: 1rem; text-align: center; }

#panel { min-width: 0; min-height: 0; display: grid; grid-template-rows: auto minmax(0, 1fr); border-left: 1px solid var(--line); background: var(--paper); }
#panel > header { display: flex; align-items: center; gap: .5rem; padding: .6rem 1rem; border-bottom: 1px solid var(--line); }
#panel h2 { flex: 1; font-size: .9375rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
#place { color: var(--soft); white-space: nowrap; }
#panel-body { overflow-y: auto; padding: 1rem; display: grid; gap: 1rem; align-content: start; }
.large { display: grid; gap: .5rem; justify-items: start; }
.large img { display: block; max-width: 100%; max-height: 52vh; border-radius: 4px; background: var(--wash); justify-self: center; }
.large .none { justify-self: stretch; background: var(--wash); color: var(--soft); border-radius: 4px; padding: 2.5rem 1rem; text-align: center; }
.origin { color: var(--soft); font-size: .8125rem; }
.origin:empty { display: none; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 1.75rem; }
.facts dt { color: var(--soft); font-size: .8125rem; }
.facts dd { font-size: 1.0625rem; font-weight: 560; }
.facts .first dd { color: var(--accent); }
.full-caption { unicode-bidi: isolate; overflow-wrap: anywhere; white-space: pre-wrap; }
.empty { color: var(--soft); }
.address { color: var(--soft); font-size: .8125rem; overflow-wrap: anywhere; direction: ltr; unicode-bidi: isolate; }
#panel h3 { font-size: .875rem; font-weight: 600; margin-bottom: .5rem; }
.neighbours ul { display: grid; grid-template-columns: repeat(9, minmax(0, 1fr)); gap: .35rem; }
.neighbour { display: block; width: 100%; height: auto; padding: 0; border: 0; background: none; font-size: .75rem; }
.neighbour .frame { height: auto; aspect-ratio: 1; }
.neighbour img { opacity: 1; }
.neighbour[aria-current] .frame { box-shadow: 0 0 0 2px var(--accent); }
.neighbour .score { color: var(--soft); }
.fields { font-size: .8125rem; }
.fields > div { display: grid; grid-template-columns: minmax(6rem, 9rem) minmax(0, 1fr); gap: .75rem; padding: .3rem 0; border-top: 1px solid var(--line); }
.fields dt { color: var(--soft); overflow-wrap: anywhere; }
.fields dd { overflow-wrap: anywhere; unicode-bidi: isolate; max-height: 9rem; overflow-y: auto; }
.with-panel main { grid-template-columns: minmax(0, 1fr) clamp(22rem, 36vw, 34rem); }

footer { display: flex; align-items: center; gap: .35rem 1.1rem; padding: .45rem 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .8125rem; white-space: nowrap; overflow: hidden; }
footer .sizes { margin-left: auto; display: flex; gap: .35rem; }
footer button { height: 1.75rem; min-width: 1.75rem; padding: 0 .5rem; }
dialog dl > div { display: flex; justify-content: space-between; gap: 1.5rem; padding: .25rem 0; }
dialog form { margin-top: 1rem; text-align: right; }

@media (max-width: 52rem) {
  .top { padding: .6rem .75rem; }
  #filters { display: grid; grid-template-columns: minmax(0, 1fr) auto; }
  #text { max-width: none; }
  #more { display: block; }
  #controls { display: none; grid-column: 1 / -1; gap: .6rem; }
  .with-controls #controls { display: grid; }
  label.field { justify-content: space-between; }
  label.field > select, label.field .pair { flex: 1; max-width: 70%; }
  label.field .pair select { flex: 1; min-width: 0; }
  #ranges { display: grid; }
  .range { display: grid; grid-template-columns: minmax(0, 1fr) 35% 35%; }
  .range input { width: 100%; }
  .with-panel main { grid-template-columns: minmax(0, 1fr); }
  #panel { position: absolute; inset: 0; border-left: 0; z-index: 1; }
  .large img { max-height: 44vh; }
  .neighbours ul { grid-template-columns: repeat(5, minmax(0, 1fr)); }
  footer .wide { display: none; }
}
@media (prefers-reduced-motion: reduce) { .frame img { transition: none; } }
`;
