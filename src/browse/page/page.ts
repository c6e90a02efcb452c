import { pageDocument } from '../../web/page-routes.ts';
import type { PageParts } from '../../web/security-headers.ts';
import { browseScript } from './script.ts';
import { BROWSE_STYLE } from './style.ts';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['\u2190 \u2191 \u2192 \u2193', 'the picture beside'],
  ['Page up, Page down', 'a window further'],
  ['Home, End', 'the first, the last'],
  ['Enter', 'look at it closely'],
  ['Esc', 'back to the grid'],
  ['/', 'search in captions and URLs'],
  ['+ \u2212', 'larger, smaller'],
  ['f', 'fetch the picture that is open (with --refetch)'],
  ['?', 'these keys'],
];

/** What the page is made of; its policy names both by their digests. */
export function pageParts(): PageParts {
  return { style: BROWSE_STYLE, script: browseScript() };
}

/** The page, the same for every collection: all that is shown comes as data, and as text. */
export function pageMarkup(parts: PageParts): string {
  const body = `<header class="top">
<div class="name"><h1 id="title">bowerbird</h1><p id="count" role="status">Opening \u2026</p></div>
<progress id="progress" aria-label="Rows that are read" hidden></progress>
<p id="notes"></p>
<form id="filters" role="search" aria-label="Sort and filter" autocomplete="off">
<input id="text" type="search" placeholder="Search captions and URLs" aria-label="Search captions and URLs" spellcheck="false" maxlength="500">
<button id="more" type="button" aria-expanded="false" aria-controls="controls">Sort and filter</button>
<div id="controls">
<label class="field" for="sort">sort <span class="pair"><select id="sort"></select><button id="descending" type="button" aria-pressed="true" aria-label="Highest first">\u2193</button></span></label>
<label class="field" id="fate-label">show <select id="fate"></select></label>
<div id="ranges"></div>
<label class="tick" id="pictures-label" hidden><input id="pictures" type="checkbox"><span>with a picture here (<span id="pictured"></span>)</span></label>
<label class="tick" id="refetch-label" hidden><input id="refetch" type="checkbox"><span>fetch the others from their hosts</span></label>
<button id="clear" type="button">Clear</button>
</div>
</form>
</header>
<main>
<div class="stage">
<div id="grid" role="grid" aria-label="Pictures" tabindex="0" hidden><div class="spacer" role="rowgroup"></div></div>
<p id="empty" hidden>No row is like that. Clear a filter.</p>
</div>
<aside id="panel" aria-labelledby="panel-title" hidden>
<header><h2 id="panel-title"></h2><span id="place"></span><button id="previous" type="button" aria-label="The one before">\u2190</button><button id="next" type="button" aria-label="The next one">\u2192</button><button id="close" type="button">Close</button></header>
<div id="panel-body" tabindex="0" role="region" aria-label="What is known of it"></div>
</aside>
</main>
<footer>
<span class="wide"><kbd>\u2190</kbd> <kbd>\u2191</kbd> <kbd>\u2192</kbd> <kbd>\u2193</kbd> move</span>
<span class="wide"><kbd>Enter</kbd> look closely</span>
<span class="wide"><kbd>Esc</kbd> back</span>
<span class="wide"><kbd>/</kbd> search</span>
<button id="help" type="button">Keys <kbd>?</kbd></button>
<span class="sizes"><button id="smaller" type="button" aria-label="Smaller pictures">\u2212</button><button id="larger" type="button" aria-label="Larger pictures">+</button></span>
</footer>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl>${KEYS.map(([keys, what]) => `<div><dt><kbd>${keys}</kbd></dt><dd>${what}</dd></div>`).join('')}</dl>
<form><button id="keys-close" type="button">Close</button></form>
</dialog>
`;
  return pageDocument(parts, body);
}
