import { clipEnd, clipMiddle } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ShownLesson, ShownSample } from '../train-page-data.ts';
import { renderEmpty } from './section.ts';

const MAX_CAPTION_CHARACTERS = 160;
const MAX_NAME_LENGTH = 40;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Held-out answers with their pictures: what was said, and what the head gives. */
export function renderLessons(lessons: readonly ShownLesson[]): Html {
  if (lessons.length === 0) return renderEmpty('None.');
  const kind = lessons.every(({ samples }) => samples.length === 1) ? 'lessons single' : 'lessons';
  return html`<ul class="${kind}">
${lessons.map(renderLesson)}</ul>
`;
}

function renderLesson({ samples, said, predicted, error }: ShownLesson): Html {
  return html`<li class="${samples.length === 1 ? 'lesson single' : 'lesson'}">
<div class="pictures">${samples.map(renderShown)}</div>
<p class="verdict"><b>${said}</b><br>${predicted} <small>${error}</small></p>
</li>
`;
}

function renderShown({ name, caption, webpBase64, pngBase64 }: ShownSample): Html {
  const said = caption?.trim();
  const words = said ? clipEnd(said, MAX_CAPTION_CHARACTERS) : clipMiddle(name, MAX_NAME_LENGTH);
  const [type, base64] = pngBase64 === undefined ? ['webp', webpBase64] : ['png', pngBase64];
  const picture =
    base64 !== null && BASE64.test(base64)
      ? html`<img src="data:image/${type};base64,${base64}" width="320" height="320" alt="${words}">`
      : html`<div class="no-picture">no picture</div>`;
  return html`<figure>${picture}<figcaption dir="auto">${words}</figcaption></figure>`;
}
