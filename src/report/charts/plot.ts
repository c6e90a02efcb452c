import type * as Plot from '@observablehq/plot';
import { type Html, trustedMarkup } from '../html.ts';

/** Observable Plot, and the document that it draws into. */
export interface Drawing {
  readonly plot: typeof Plot;
  readonly document: Document;
}

/** The two widths that a chart is drawn for; the style sheet shows the one that fits the window. */
export type ChartSize = 'wide' | 'narrow';

/** What all axes have in common: no tick marks, as there are grid lines, and no arrows. */
export const AXIS = { tickSize: 0, labelArrow: 'none' } as const;

/**
 * Loads Plot and a document. Only a run that writes a report pays for them. The document is linkedom's: it draws the same markup as jsdom's,
 * but for the order of attributes, and loads and draws in a third of the time.
 */
export async function openDrawing(): Promise<Drawing> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  return { plot, document: parseHTML('<!doctype html><html><body></body></html>').document };
}

/**
 * A plot as markup that a strict content security policy allows: Plot's own <style> and style attributes are
 * taken out, and the page's style sheet takes their place by the classes of the marks.
 */
export function drawPlot(
  { plot, document }: Drawing,
  options: Plot.PlotOptions,
  name: string,
  size: ChartSize,
): Html {
  const svg: Element = plot.plot({ ...options, document });
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const element of [svg, ...svg.querySelectorAll('[style]')]) element.removeAttribute('style');
  for (const attribute of ['width', 'height', 'font-family', 'font-size']) svg.removeAttribute(attribute);
  svg.setAttribute('class', `chart ${name} ${size}`);
  svg.setAttribute('role', 'img');
  // The drawing is one picture with one name: its groups have no role that could carry names of their own.
  for (const part of svg.querySelectorAll('[aria-label], [aria-hidden]')) {
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-hidden');
  }
  shortenNumbers(svg);
  return trustedMarkup(svg.outerHTML);
}

/** Two decimals of a pixel are enough, and the page is smaller. */
function shortenNumbers(svg: Element): void {
  for (const element of svg.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      const short = value.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
      if (short !== value) element.setAttribute(name, short);
    }
  }
}
