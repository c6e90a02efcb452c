import { createHash } from 'node:crypto';
import { type Html, type HtmlValue, html, trustedMarkup } from './html.ts';

/** A page that opens offline: one HTML file that loads nothing. */
export interface Page {
  /** As the window is called. */
  readonly title: string;
  /** The page's one style sheet. */
  readonly style: string;
  /** The page's one script; without it no script runs. */
  readonly script?: string;
  /** The page shows pictures that it holds itself. */
  readonly hasImages?: boolean;
  readonly top: Html;
  /** The parts of the page, in order: the list of its contents. */
  readonly contents: readonly (readonly [id: string, name: string])[];
  readonly main: HtmlValue;
  readonly bowerbirdVersion: string;
}

/**
 * The page as the bytes of its file. Its own policy forbids all that it does not hold itself; style sheet and script are
 * named there by their hashes, so the page holds them byte for byte.
 */
export function renderPage(page: Page): string {
  const { title, style, script, top, contents, main, bowerbirdVersion } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustedMarkup(policyOf(page))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trustedMarkup(style)}</style>
</head>
<body>
${top}
<nav aria-label="On this page"><ul>${contents.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${main}
</main>
<footer>Made by bowerbird ${bowerbirdVersion}. This page is complete in itself and loads nothing.</footer>
${script === undefined ? null : html`<script>${trustedMarkup(script)}</script>\n`}</body>
</html>
`.markup;
}

function policyOf({ style, script, hasImages = false }: Page): string {
  return [
    "default-src 'none'",
    ...(hasImages ? ['img-src data:'] : []),
    `style-src '${digestOf(style)}'`,
    ...(script === undefined ? [] : [`script-src '${digestOf(script)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
