import { type Html, html } from '../html.ts';

/** A piece of a bar: where it starts and how long it is, as shares of the whole (0 to 1), and its class. */
export interface BarPiece {
  readonly from: number;
  readonly length: number;
  readonly className: string;
}

/**
 * A bar in percent of its container: no scripts and no style attributes, sharp at any width. It is hidden from
 * screen readers, as the numbers beside it say the same.
 */
export function renderBar(pieces: readonly BarPiece[], className = ''): Html {
  const drawn = pieces.filter(({ length }) => length > 0).map(renderPiece);
  return html`<svg class="${`bar ${className}`.trim()}" width="100%" height="12" aria-hidden="true" focusable="false">${drawn}</svg>`;
}

function renderPiece({ from, length, className }: BarPiece): Html {
  return html`<rect class="${className}" x="${percent(from)}" width="${percent(length)}" height="100%"/>`;
}

function percent(share: number): string {
  return `${Number((100 * Math.min(1, Math.max(0, share))).toFixed(3))}%`;
}
