/** Markup that may go into a page as it is. Made by `html` (which escapes) and `trustedMarkup` alone. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a template may hold: strings and numbers are escaped, arrays joined, null and undefined left out. */
export type HtmlValue = Html | string | number | null | undefined | readonly HtmlValue[];

/** A template that escapes everything put into it, except what is `Html` already. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((markup, string, i) => markup + toMarkup(values[i - 1]) + string));
}

/** Markup of our own making, such as a chart. Never text from a data set. */
export function trustedMarkup(markup: string): Html {
  return new Html(markup);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const REPLACEMENT = '\uFFFD';

function toMarkup(value: HtmlValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  return value.map(toMarkup).join('');
}

/** Safe in text and in quoted attributes; control characters and lone surrogates, which HTML forbids, are replaced. */
function escapeText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, (character) =>
      /[\t\n\r]/.test(character) ? ' ' : REPLACEMENT,
    )
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
