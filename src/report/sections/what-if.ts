import type { BucketPageData } from '../bucket-page-data.ts';
import { formatCount } from '../format.ts';
import { type Html, html, trustedMarkup } from '../html.ts';
import type { WhatIfPageData } from '../what-if-script.ts';
import { renderSection } from './section.ts';

interface Rule {
  readonly name: string;
  readonly label: string;
  readonly to: number;
  readonly step: number;
  readonly value: number | null;
  /** Where the slider stands while there is no threshold. */
  readonly rest: number;
}

/** The what-if control and its data. Without scripts it says so. */
export function renderWhatIf(data: BucketPageData, bars: readonly number[]): Html {
  const { minAesthetic, maxPunsafe, maxPwatermark, missingTags } = data.thresholds;
  const rules: Rule[] = [
    { name: 'min-aesthetic', label: 'aesthetic above', to: 10, step: 0.1, value: minAesthetic, rest: 5 },
    { name: 'max-punsafe', label: 'punsafe below', to: 1, step: 0.05, value: maxPunsafe, rest: 0.5 },
    { name: 'max-pwatermark', label: 'pwatermark below', to: 1, step: 0.05, value: maxPwatermark, rest: 0.8 },
  ];
  const keep = missingTags === 'keep' ? trustedMarkup(' checked') : null;
  const lead =
    'How large a subset would be. Exact for thresholds on the steps of the sliders; between them, two bounds that always hold.';
  const body = html`<noscript><p class="notice">This control needs its script, which this page holds and your browser does not run. <code>bowerbird buckets --min-aesthetic</code> gives the same numbers.</p></noscript>
<div class="what-if needs-script" hidden>
<div class="answer" role="status" aria-live="polite"><p class="size" id="what-if-count"></p><p id="what-if-share"></p><p class="bounds" id="what-if-bounds"></p></div>
<fieldset class="rules"><legend class="unseen">Thresholds</legend>
${rules.map(renderRule)}
<div class="missing"><label><input type="checkbox" id="missing-keep"${keep}>Keep images without the tag that a rule asks for</label></div>
</fieldset>
<pre class="command"><code id="what-if-command"></code></pre>
<p class="copy"><button type="button" id="what-if-copy">Copy the command</button><span id="what-if-copied" role="status"></span></p>
</div>
<script type="application/json" id="what-if-data">${trustedMarkup(jsonMarkup(pageData(data, bars)))}</script>`;
  return renderSection('what-if', 'What if', lead, body);
}

function renderRule({ name, label, to, step, value, rest }: Rule): Html {
  const used = value === null ? null : trustedMarkup(' checked');
  return html`<div class="rule"><label><input type="checkbox" id="${name}-used"${used}>${label}</label><input type="number" id="${name}" aria-label="${label}" step="any" value="${value}"><input type="range" id="${name}-slider" aria-label="${label}, in steps of ${step}" min="0" max="${to}" step="${step}" value="${value ?? rest}"></div>
`;
}

function pageData({ cells, states, subsetCommand }: BucketPageData, bars: readonly number[]): WhatIfPageData {
  const { scored, nullScores, nanScores } = states;
  let last = 0;
  const gaps = Array.from(cells.cells).flatMap((cell, i) => {
    const gap = cell - last;
    last = cell;
    return [gap, cells.counts[i]!];
  });
  return { edges: cells.edges, gaps, rows: scored + nullScores + nanScores, bars, command: subsetCommand };
}

/** JSON that cannot end the element that it is in. */
function jsonMarkup(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** A sentence about the rows that no threshold can bring in. */
export function describeFailed(failed: number): Html | null {
  return failed === 0
    ? null
    : html`<p class="note">${formatCount(failed)} rows failed in their runs and are in no subset.</p>`;
}
