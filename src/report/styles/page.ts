/** Colours, type and the layout of the page. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --ink: #17191f; --soft: #5a606d; --line: #e2e4e9; --wash: #f3f4f7;
  --accent: #2548c6; --plain: #8b93a5; --dropped: #abb1bf;
  --failed-1: #c9683c; --failed-2: #a8497a; --failed-3: #7b4bb0; --alarm: #9c3412; --alarm-wash: #fdf1ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #111318; --ink: #e9ebf0; --soft: #a0a7b5; --line: #2a2e37; --wash: #1a1d24;
    --accent: #8da6ff; --plain: #747d90; --dropped: #565e70;
    --failed-1: #e08a5e; --failed-2: #d07aa6; --failed-3: #a988dd; --alarm: #f2b08c; --alarm-wash: #2a1d16;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 88rem; padding: 0 clamp(1rem, 4vw, 4rem) 4rem;
  background: var(--paper); color: var(--ink);
  font: 400 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; font-feature-settings: "kern";
  overflow-wrap: break-word;
}
h1, h2, h3, p, dl, dd, ul, ol, figure, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
small { font-size: .875em; color: var(--soft); font-weight: 400; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
em { font-style: normal; color: var(--soft); }
b { font-weight: 600; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .25em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.top { padding: clamp(2rem, 6vw, 5rem) 0 clamp(1.5rem, 3vw, 2.5rem); }
.kicker { color: var(--soft); }
h1 { font-size: clamp(2rem, 5.5vw, 3.5rem); line-height: 1.08; letter-spacing: -.025em; font-weight: 650; overflow-wrap: anywhere; }
.encoder { margin-top: .75rem; max-width: 46rem; color: var(--soft); }
.encoder b { color: var(--ink); }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; margin: clamp(1.75rem, 4vw, 3rem) 0 clamp(1.5rem, 3vw, 2.25rem); }
.figure { flex: 1 0 8rem; min-width: max-content; white-space: nowrap; }
.figure dt { color: var(--soft); font-size: .875rem; }
.figure dd { font-size: clamp(1.6rem, 3vw, 2.35rem); line-height: 1.15; letter-spacing: -.02em; font-weight: 600; }
.figure dd small { display: block; margin-top: .25rem; font-size: .875rem; letter-spacing: 0; line-height: 1.4; }
.figure.accent dd { color: var(--accent); }
.legend, .plain-list { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; font-size: .875rem; }
.top .legend { margin-top: .85rem; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .45rem; vertical-align: -.03rem; }
i.kept { background: var(--accent); } i.dropped { background: var(--dropped); }
i.failed-1 { background: var(--failed-1); } i.failed-2 { background: var(--failed-2); } i.failed-3 { background: var(--failed-3); }
nav { border-top: 1px solid var(--line); padding: .9rem 0; font-size: .875rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .35rem 1.5rem; }
nav a { color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--ink); text-decoration: underline; }

section { border-top: 1px solid var(--line); padding: clamp(1.75rem, 4vw, 3.25rem) 0 clamp(2rem, 5vw, 4rem); }
section > header { margin-bottom: 1.5rem; max-width: 40rem; }
h2 { font-size: 1.375rem; line-height: 1.25; letter-spacing: -.012em; font-weight: 620; }
h3 { font-size: 1rem; line-height: 1.4; font-weight: 600; margin: 2.25rem 0 .85rem; }
h3:first-child { margin-top: 0; }
h3 small { margin-left: .5rem; }
.lead { margin-top: .4rem; color: var(--soft); font-size: .9375rem; line-height: 1.5; text-wrap: pretty; }
.body { min-width: 0; }
.note { margin-top: 1rem; color: var(--soft); font-size: .875rem; max-width: 46rem; }
.note b { color: var(--ink); }
.empty { color: var(--soft); }
.notice { margin-top: 1rem; padding: .75rem 1rem; border-left: 3px solid var(--alarm); background: var(--alarm-wash); color: var(--ink); max-width: 46rem; border-radius: 0 4px 4px 0; font-size: .9375rem; }
.encoder.notice { border-left-color: var(--accent); background: var(--wash); }
footer { border-top: 1px solid var(--line); padding-top: 1.25rem; color: var(--soft); font-size: .875rem; }
@media (min-width: 68rem) {
  section { display: grid; grid-template-columns: 13rem minmax(0, 1fr); column-gap: clamp(2rem, 4vw, 4rem); }
  section > header { margin: 0; position: sticky; top: 2rem; align-self: start; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --wash: #f3f3f3; --accent: #2548c6; --plain: #888; --dropped: #abb1bf; --alarm: #9c3412; --alarm-wash: #fff; --failed-1: #c9683c; --failed-2: #a8497a; --failed-3: #7b4bb0; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav { display: none; }
  section { display: block; padding: 1.25rem 0; }
  section > header { position: static; margin-bottom: 1rem; }
  h2, h3 { break-after: avoid; }
  .sample, tr, .plot { break-inside: avoid; }
}
`;
