import { pageDocument } from '../../web/page-routes.ts';
import type { PageParts } from '../../web/security-headers.ts';
import type { PageKind } from '../options.ts';
import { answerActions, type PageAction, pageActions } from './actions.ts';
import { rateScript } from './script.ts';
import { RATE_STYLE } from './style.ts';

const ASKS: Readonly<Record<PageKind, string>> = {
  pair: 'Which is better?',
  rating: 'How good is it?',
  keep: 'Keep it?',
  review: 'Keep it?',
};

/** What the page is made of; its policy names both by their digests. */
export function pageParts(kind: PageKind): PageParts {
  return { style: RATE_STYLE, script: rateScript(kind) };
}

/** The page, the same for every source: all that is shown comes as data, and as text. */
export function pageMarkup(parts: PageParts, kind: PageKind): string {
  const body = `<header class="top">
<h1><span id="question"></span> <span class="ask">${ASKS[kind]}</span></h1>
<dl id="figures">
<div><dt>answers</dt><dd id="answers">0</dd></div>
<div hidden><dt>left</dt><dd id="left"></dd></div>
<div><dt>an hour</dt><dd id="speed">\u2013</dd></div>
<div class="wide"><dt>as before</dt><dd id="agreement">\u2013</dd></div>
</dl>
<p id="saved"></p>
<button id="rater" type="button" hidden></button>
</header>
<main id="stage">
${sidesOf(kind)}
<p id="note" role="status"></p>
</main>
<footer>
${kind === 'review' ? NAMING : ''}<p id="trouble" role="status"></p>
<div id="choices" class="choices" role="group" aria-label="Answers">${answerActions(kind).map(buttonOf).join('')}</div>
<div class="controls">${controlsOf(kind)}</div>
</footer>
<dialog id="who" aria-labelledby="who-title"><h2 id="who-title">Who answers?</h2>
<form id="who-form" method="dialog">
<p>Answers are kept under this name.</p>
<p class="row"><input id="name" aria-labelledby="who-title" maxlength="64" autocomplete="off" spellcheck="false"><button id="name-taken">Begin</button></p>
<div id="known"></div>
</form>
</dialog>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<p id="keys-hint">Click a key to choose another.</p>
<ul id="key-list"></ul>
<p class="row"><button id="keys-reset" type="button">As they were</button><button id="keys-close" type="button">Close</button></p>
</dialog>
${kind === 'review' ? RENAMING : ''}`;
  return pageDocument(parts, body, kind);
}

/** Under which name the picture would be kept, and what became of the last one. */
const NAMING = `<p id="naming"><span id="facts"></span><span><span class="soft">kept as</span> <bdi id="file"></bdi></span></p>
<p id="said" role="status"></p>
`;

const RENAMING = `<dialog id="rename" aria-labelledby="rename-title"><h2 id="rename-title">Keep it under another name</h2>
<form id="rename-form" method="dialog">
<p class="row"><input id="stem" aria-labelledby="rename-title" maxlength="200" autocomplete="off" spellcheck="false"></p>
<p id="renamed"><span class="soft">kept as</span> <bdi id="renamed-file" role="status"></bdi></p>
<p class="row"><button type="button" id="rename-away">As it was</button><button>Use this name</button></p>
</form>
</dialog>
`;

function sidesOf(kind: PageKind): string {
  const frames =
    kind === 'pair'
      ? ['left', 'right'].map(
          (side) =>
            `<button class="frame" type="button" data-action="${side}" aria-label="Picture on the ${side}"></button>`,
        )
      : ['<div class="frame"></div>'];
  return frames.map((frame) => `<figure class="side">${frame}<figcaption></figcaption></figure>`).join('\n');
}

function buttonOf({ name, label, tallLabel }: PageAction): string {
  const half = /\.5$/.test(name) ? ' class="half"' : '';
  const text =
    tallLabel === undefined
      ? `<span>${label}</span>`
      : `<span class="beside">${label}</span><span class="above">${tallLabel}</span>`;
  return `<button type="button" data-action="${name}"${half}>${text}<kbd></kbd></button>`;
}

function controlsOf(kind: PageKind): string {
  const names = ['halves', 'rename', 'undo', 'captions', 'keys'];
  return pageActions(kind)
    .filter(({ name }) => names.includes(name))
    .map(buttonOf)
    .join('');
}
