/*
 * What the scripts of pages share. A script holds the texts of its functions, so these may use nothing but each other and what a browser has.
 */

/** A whole number with its thousands apart. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** Text that turns the direction of reading would show another order than it has: its controls are shown as what they are. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, (character) =>
    /[\t\n\r]/.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An element of a page that has it. */
export function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** A new element with a class and a text: never markup. */
export function made(tag: string, className: string, text: string = ''): HTMLElement {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  if (text !== '') node.textContent = text;
  return node;
}
