import { formatCount } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportRepeat, ReportRepeats } from '../report-data.ts';
import { renderOrigin, renderPicture } from './sample-card.ts';
import { renderEmpty, renderSection } from './section.ts';

const NOT_SHOWN =
  ' This page has the pictures of some rows of each score bucket only; where none is shown, it has none of these rows. bowerbird browse finds them by their URL or path.';

/** The pictures that most rows have: often what hosts send in place of an image that is gone. */
export function renderRepeats(repeats: ReportRepeats | null): Html | null {
  if (repeats === null) return null;
  const { by, pictures, rows, most } = repeats;
  const same = by === 'phash' ? 'the same perceptual hash' : `files of the same ${by}`;
  const lead = `Rows with ${same}: ${formatCount(pictures)} pictures are there more than once, in ${formatCount(rows)} rows. Those that most rows have are often placeholders.${most.some(({ sample }) => sample === null) ? NOT_SHOWN : ''}`;
  const body =
    most.length === 0
      ? renderEmpty('No picture is there twice.')
      : html`<ul class="strip">${most.map(renderRepeat)}</ul>`;
  return renderSection('repeats', 'Repeated', lead, body);
}

function renderRepeat({ rows, kept, key, url, sample }: ReportRepeat): Html {
  return html`<li class="sample">
${sample === null ? html`<div class="no-picture">not on this page</div>` : renderPicture(sample)}
<p class="score"><b>${formatCount(rows)}</b> rows, ${formatCount(kept)} kept</p>
<details><summary><code>${key}</code></summary><p class="origin">${url === null ? 'no URL' : renderOrigin(url)}</p></details>
</li>
`;
}
