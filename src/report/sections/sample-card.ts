import { PROBABILITY_TAGS } from '../../samples/tags.ts';
import { clipEnd, clipMiddle, formatFixed } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportSample } from '../report-data.ts';
import { dropRuleName } from '../wording.ts';

const MAX_CAPTION_CHARACTERS = 280;
const MAX_ALT_CHARACTERS = 120;
const MAX_ORIGIN_LENGTH = 200;
const PICTURE_TYPES = new Set(['image/webp', 'image/jpeg', 'image/png']);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const DIRECTION_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A picture with its score, its fate, its caption and its tags. */
export function renderSample(sample: ReportSample): Html {
  const { score, kept, key, width, height, origin } = sample;
  const decimals = decimalsOf(sample);
  return html`<li class="${kept ? 'sample is-kept' : 'sample is-dropped'}">
${renderPicture(sample)}
<p class="score"><b>${formatFixed(score, decimals)}</b> ${renderFate(sample)}</p>
${renderCaption(sample.caption)}
${renderTags(sample)}
<details><summary><code>${key}</code></summary><p class="origin"><span>${width} \u00D7 ${height} px</span>${
    origin === null ? null : renderOrigin(origin)
  }</p></details>
</li>
`;
}

/** An address as text: nothing leads there. */
export function renderOrigin(origin: string): Html {
  return html` <bdi dir="ltr">${clipMiddle(showDirectionControls(origin), MAX_ORIGIN_LENGTH)}</bdi>`;
}

/** Close to the threshold two decimals would all be the same. */
function decimalsOf({ near }: ReportSample): number {
  return near === null ? 2 : 4;
}

/** The picture, or a word in its place. */
export function renderPicture(sample: ReportSample): Html {
  const { mimeType, thumbnailBase64, caption, score } = sample;
  const decimals = decimalsOf(sample);
  if (!PICTURE_TYPES.has(mimeType) || !BASE64.test(thumbnailBase64))
    return html`<div class="no-picture">no picture</div>`;
  const described = caption?.trim() ? clipEnd(caption.trim(), MAX_ALT_CHARACTERS) : 'no caption';
  return html`<img src="data:${mimeType};base64,${thumbnailBase64}" width="160" height="160" alt="Score ${formatFixed(score, decimals)}: ${described}">`;
}

function renderCaption(caption: string | null): Html {
  if (!caption?.trim()) return html`<p class="caption empty">no caption</p>`;
  return html`<p class="caption" dir="auto">${clipEnd(caption.trim(), MAX_CAPTION_CHARACTERS)}</p>`;
}

/** The tags that it has, and the one for want of which it was dropped. */
function renderTags(sample: ReportSample): Html | null {
  const tags = PROBABILITY_TAGS.flatMap((tag) => {
    const atFault = sample.droppedBy === tag || sample.droppedBy === `${tag}_missing`;
    if (sample[tag] === null && !atFault) return [];
    return html`<div class="${atFault ? 'at-fault' : 'in-order'}"><dt>${tag}</dt><dd>${formatFixed(sample[tag], 2)}</dd></div>`;
  });
  return tags.length === 0 ? null : html`<dl class="tags">${tags}</dl>`;
}

/** The rule itself is for those who cannot see which number is marked. */
function renderFate({ kept, droppedBy }: ReportSample): Html {
  if (kept) return html`<span class="fate">kept</span>`;
  const rule = droppedBy === null ? null : html`<span class="unseen"> by ${dropRuleName(droppedBy)}</span>`;
  return html`<span class="fate">dropped${rule}</span>`;
}

/** A URL or path that turns the reading direction around would show another place than the one it is. */
function showDirectionControls(origin: string): string {
  return origin.replace(
    DIRECTION_CONTROLS,
    (character) => `%u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
