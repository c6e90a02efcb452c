/** Tables and lists of facts. */
export const TABLE_STYLE = `
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; line-height: 1.4; }
th, td { padding: .5rem 0 .5rem 1.25rem; text-align: right; font-weight: 400; vertical-align: baseline; white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--soft); font-size: .8125rem; padding-top: 0; }
tbody tr { border-top: 1px solid var(--line); }
tbody tr { position: relative; }
.wide-bar { width: 0; padding: 0; }
.wide-bar .bar { position: absolute; left: 0; bottom: 0; height: 3px; border-radius: 0; }
.plot + .scroll { margin-top: 1.75rem; }
tr.none { color: var(--soft); }
.funnel .stand > * { font-weight: 600; }
.funnel .loss th { color: var(--soft); white-space: normal; padding-left: 1rem; }
.reasons th[scope="row"] { white-space: normal; }
.reasons th p { font-size: .875rem; margin-top: .1rem; max-width: 34rem; text-wrap: pretty; }
.hosts th[scope="row"] { white-space: normal; overflow-wrap: anywhere; min-width: 11rem; }
.hosts th p { font-size: .8125rem; margin-top: .1rem; color: var(--soft); }
.inputs th[scope="row"] { white-space: normal; overflow-wrap: anywhere; min-width: 11rem; }
.digest { color: var(--soft); overflow-wrap: anywhere; font-size: .8125rem; }
.facts { font-size: .9375rem; display: grid; column-gap: 2.5rem; }
.facts > div { display: grid; grid-template-columns: minmax(7rem, 13rem) minmax(0, 1fr); gap: 1rem; border-top: 1px solid var(--line); padding: .5rem 0; }
.facts dt { color: var(--soft); overflow-wrap: anywhere; }
.facts dd { overflow-wrap: anywhere; }
.sessions li + li { margin-top: 1.25rem; }
.sessions pre { background: var(--wash); border-radius: 4px; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.sessions .note { margin-top: .4rem; max-width: none; }
@media (min-width: 48rem) {
  .wide-bar { padding: .5rem 0 .5rem 1.25rem; width: 38%; vertical-align: middle; }
  .wide-bar .bar { position: static; height: 12px; border-radius: 2px; }
  .reasons .wide-bar { width: 26%; }
  .buckets .wide-bar { width: 30%; }
  .hosts .wide-bar { width: 18%; }
}
@media (max-width: 30rem) {
  table { font-size: .875rem; }
  th + th:not(.wide-bar), td:not(.wide-bar) { padding-left: .6rem; }
  .buckets thead th:not(:first-child) { white-space: normal; vertical-align: bottom; line-height: 1.2; }
  .facts > div { grid-template-columns: 1fr; gap: 0; }
}
`;
