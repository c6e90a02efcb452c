/** What pages look like: the report's colours, type, and controls; the page fills the window from top to bottom. */
export const BASE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --ink: #17191f; --soft: #5a606d; --line: #e2e4e9; --wash: #f0f1f4; --field: #fff;
  --accent: #2548c6; --edge: #8b93a5; --alarm: #9c3412;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #111318; --ink: #e9ebf0; --soft: #a0a7b5; --line: #2a2e37; --wash: #1c1f27; --field: #171a20;
    --accent: #8da6ff; --edge: #747d90; --alarm: #f2b08c;
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); height: 100dvh; overflow: hidden;
  background: var(--paper); color: var(--ink);
  font: 400 .9375rem/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, dl, dd, ul, figure, fieldset, legend { margin: 0; padding: 0; border: 0; min-width: 0; }
ul { list-style: none; }
button, input, select { font: inherit; font-variant-numeric: tabular-nums; color: inherit; }
button, select, input[type="search"], input[type="number"] { height: 2.125rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--field); padding: 0 .6rem; }
button { cursor: pointer; white-space: nowrap; }
button:hover { background: var(--wash); }
input::placeholder { color: var(--soft); opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
kbd { font: inherit; font-size: .75rem; color: var(--ink); border: 1px solid var(--edge); border-radius: 4px; padding: .05rem .35rem; background: var(--wash); }
dialog { color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 8px; padding: 1.25rem 1.5rem; max-width: min(28rem, 92vw); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog h2 { font-size: 1.0625rem; margin-bottom: .75rem; }
`;
