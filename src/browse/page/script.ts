import { scriptText } from '../../base/script-text.ts';
import { countText, element, made, plainText } from '../../web/page-words.ts';
import { Filters } from './script/filters.ts';
import { LongScroll } from './script/long-scroll.ts';
import { PictureCell } from './script/picture-cell.ts';
import { PictureGrid } from './script/picture-grid.ts';
import { PicturePanel } from './script/picture-panel.ts';
import { RowWindows } from './script/row-windows.ts';
import { BrowsePage } from './script/run-page.ts';
import { altText, fateText, scoreText } from './script/words.ts';

/**
 * The script of the page. It holds the texts of these functions and classes, so they may use nothing but each other and what a
 * browser has.
 */
export function browseScript(): string {
  const words = { altText, countText, element, fateText, made, plainText, scoreText };
  const parts = { LongScroll, RowWindows, PictureCell, PictureGrid, Filters, PicturePanel, BrowsePage };
  return ["'use strict';", scriptText({ ...words, ...parts }), 'new BrowsePage().start();'].join('\n');
}
